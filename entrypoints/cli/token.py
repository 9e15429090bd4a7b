"""``token``: a bearer token signed with FANGATE_JWT_SECRET."""

import time

import click
import jwt

from domain.model.ids import USER_ID_RULE, is_user_id
from entrypoints.config.settings import ConfigurationError, Settings, read_settings


@click.command(
    epilog="""Examples:

\b
  fangate token --sub staff --supreme
  fangate token --sub fan-1 --ttl 600"""
)
@click.option("--sub", "subject", required=True, help="The user id of the caller.")
@click.option("--supreme", is_flag=True, help="Make an administrator.")
@click.option("--ttl", default=3_600, show_default=True, type=click.IntRange(min=1), help="Seconds.")
def token(subject: str, supreme: bool, ttl: int) -> None:
    """Print a token for trying Fangate out. In production your identity provider issues tokens."""
    if not is_user_id(subject):
        raise click.BadParameter(USER_ID_RULE, param_hint="--sub")
    click.echo(sign_token(read_settings(), subject, supreme=supreme, ttl=ttl))


def sign_token(settings: Settings, subject: str, *, supreme: bool, ttl: int) -> str:
    """Raises ConfigurationError when another system signs the tokens."""
    if settings.jwt_secret is None:
        raise ConfigurationError("FANGATE_JWT_SECRET must be set to sign tokens")
    now = int(time.time())
    claims: dict[str, object] = {"sub": subject, "iat": now, "exp": now + ttl}
    if supreme:
        claims[settings.jwt_supreme_claim] = True
    if settings.jwt_issuer:
        claims["iss"] = settings.jwt_issuer
    if settings.jwt_audience:
        claims["aud"] = settings.jwt_audience
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm="HS256")
