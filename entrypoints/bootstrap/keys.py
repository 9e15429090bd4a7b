"""The key of codes, confirmation tokens and digests."""

import hashlib
import hmac
import secrets
from typing import Final

from entrypoints.config.settings import Settings

_OF_THIS_PROCESS: Final = secrets.token_bytes(32)


def confirmation_key(settings: Settings) -> bytes:
    """It is never the key of access tokens itself. Without a secret, it is one of this process only."""
    secret = settings.confirmation_secret or settings.jwt_secret
    if secret is None:
        return _OF_THIS_PROCESS
    return hmac.digest(secret.get_secret_value().encode(), b"fangate confirmations", hashlib.sha256)
