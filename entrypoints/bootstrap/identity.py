"""Where the staff sign in to the console, and which keys check the tokens of their sessions."""

from typing import NamedTuple

from entrypoints.config.settings import Settings
from ports.identity import IdentityProvider, TokenKeys


class Identity(NamedTuple):
    provider: IdentityProvider
    keys: TokenKeys


def identity(settings: Settings) -> Identity | None:
    """None where no provider is configured. Opens nothing."""
    if settings.oidc_issuer is None:
        return None
    from adapters.jwks.keys import PublishedKeys
    from adapters.oidc.provider import OpenIdProvider

    secret = settings.oidc_client_secret.get_secret_value()
    provider = OpenIdProvider(settings.oidc_issuer, settings.oidc_client_id, secret)
    return Identity(provider, PublishedKeys(provider.keys_url))
