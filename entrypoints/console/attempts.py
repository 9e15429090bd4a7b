"""Sign-ins under way: each is kept in a cookie of the browser that began it, sealed, for ten minutes.

The way back from the identity provider is a navigation across sites. A browser sends a cookie along with it only
if that is ``SameSite=Lax``. So these cookies are: they hold nothing that signs in by itself, and only the pages of
the sign-in get them.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from typing import Final, NamedTuple

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from entrypoints.console.request import cookies_of
from entrypoints.console.session import cookie
from entrypoints.http.request.decoding import AnyRequest
from ports.identity import SignInAttempt

SECONDS: Final = 600
MOST: Final = 4
"""Of one browser at the same time. The next one ends the others."""
PATH: Final = "/console/sign-in"
_COOKIE: Final = "fangate-sign-in-"
_STATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NAMED: Final = 8
"""So many characters of the state name the cookie: sign-ins of several tabs do not disturb each other."""


class Begun(NamedTuple):
    attempt: SignInAttempt
    to: str
    """The page that is opened afterwards."""


def new_attempt(redirect_uri: str) -> SignInAttempt:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return SignInAttempt(state=state, nonce=nonce, verifier=verifier, redirect_uri=redirect_uri)


class Attempts:
    """Every process with the same secret can open what another one sealed."""

    def __init__(self, secret: str) -> None:
        key = hmac.digest(secret.encode(), b"fangate console sign-in", hashlib.sha256)
        self._seal = Fernet(urlsafe_b64encode(key))

    def cookies_keeping(self, request: AnyRequest, begun: Begun) -> list[str]:
        others = [name for name in cookies_of(request) if name.startswith(_COOKIE)]
        ended = others if len(others) >= MOST else []
        sealed = self._seal.encrypt(msgspec.json.encode(begun)).decode()
        return [
            *(_cookie(request, name, "") for name in ended),
            _cookie(request, _name(begun.attempt.state), sealed),
        ]

    def of(self, request: AnyRequest, state: str) -> Begun | None:
        """The attempt that this browser began. None for another state, and for one that is over or too old."""
        if not _STATE.fullmatch(state):
            return None
        sealed = cookies_of(request).get(_name(state), "")
        try:
            begun = msgspec.json.decode(self._seal.decrypt(sealed.encode(), ttl=SECONDS), type=Begun)
        except (InvalidToken, msgspec.MsgspecError, UnicodeError):
            return None
        return begun if hmac.compare_digest(begun.attempt.state, state) else None

    def cookie_forgetting(self, request: AnyRequest, state: str) -> str:
        return _cookie(request, _name(state), "")


def _name(state: str) -> str:
    return _COOKIE + state[:_NAMED]


def _cookie(request: AnyRequest, name: str, value: str) -> str:
    return cookie(request, name, value, seconds=SECONDS, site="Lax", path=PATH)
