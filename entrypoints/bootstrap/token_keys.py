"""Which keys check the callers' tokens."""

from adapters.jwks.keys import PublishedKeys
from adapters.tokens.secret import SharedSecret
from entrypoints.config.settings import PREFIX, ConfigurationError, Settings
from ports.identity import TokenKeys


def token_keys(settings: Settings) -> TokenKeys:
    """Raises ConfigurationError when the settings name neither a secret nor a key set."""
    if settings.jwt_jwks_url:
        return PublishedKeys(settings.jwt_jwks_url)
    if settings.jwt_secret:
        return SharedSecret(settings.jwt_secret.get_secret_value())
    raise ConfigurationError(f"{PREFIX}JWT_SECRET or {PREFIX}JWT_JWKS_URL must be set")
