"""``token``: a bearer token signed with FANGATE_JWT_SECRET."""

import time
from collections.abc import Sequence

import click
import jwt

from domain.model.ids import USER_ID_RULE, is_user_id
from entrypoints.config.settings import ConfigurationError, Settings, read_settings
from entrypoints.http.request.scopes import CAMPAIGN_PATTERN_RULE, Scope, is_campaign_pattern


@click.command(
    epilog="""Examples:

\b
  fangate token --sub staff --supreme
  fangate token --sub fan-1 --ttl 600
  fangate token --sub helper --supreme --scope fangate:read --scope fangate:codes --campaign 'tour-*'"""
)
@click.option("--sub", "subject", required=True, help="The user id of the caller.")
@click.option("--supreme", is_flag=True, help="Make an administrator.")
@click.option("--ttl", default=3_600, show_default=True, type=click.IntRange(min=1), help="Seconds.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="Allow only operations of this scope. Can be given several times.  [default: all]",
)
@click.option(
    "--campaign",
    "campaigns",
    multiple=True,
    help="Allow only this campaign; a * at the end stands for any rest. Can be repeated.  [default: all]",
)
def token(subject: str, supreme: bool, ttl: int, scopes: tuple[str, ...], campaigns: tuple[str, ...]) -> None:
    """Print a token for trying Fangate out. In production your identity provider issues tokens."""
    if not is_user_id(subject):
        raise click.BadParameter(USER_ID_RULE, param_hint="--sub")
    if (scopes or campaigns) and not supreme:
        raise click.UsageError("--scope and --campaign narrow an administrator's token: add --supreme")
    for campaign in campaigns:
        if not is_campaign_pattern(campaign):
            raise click.BadParameter(CAMPAIGN_PATTERN_RULE, param_hint="--campaign")
    signed = sign_token(read_settings(), subject, supreme=supreme, ttl=ttl, scopes=scopes, campaigns=campaigns)
    click.echo(signed)


def sign_token(
    settings: Settings,
    subject: str,
    *,
    supreme: bool,
    ttl: int,
    scopes: Sequence[str] = (),
    campaigns: Sequence[str] = (),
) -> str:
    """Raises ConfigurationError when another system signs the tokens."""
    if settings.jwt_secret is None:
        raise ConfigurationError("FANGATE_JWT_SECRET must be set to sign tokens")
    now = int(time.time())
    claims: dict[str, object] = {"sub": subject, "iat": now, "exp": now + ttl}
    if supreme:
        claims[settings.jwt_supreme_claim] = True
    if scopes:
        claims["scope"] = " ".join(scopes)
    if campaigns:
        claims["campaigns"] = list(campaigns)
    if settings.jwt_issuer:
        claims["iss"] = settings.jwt_issuer
    if settings.jwt_audience:
        claims["aud"] = settings.jwt_audience
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm="HS256")
