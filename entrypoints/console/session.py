"""Who is at the desk: the token, which a proxy sends with each request or which is in a cookie.

There is no session beside the token: it is checked at each request, and the session ends when the token does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from entrypoints.console.request import asked_by, cookies_of
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.guards import supreme, supreme_by
from entrypoints.http.request.headers import header
from entrypoints.http.request.token_verifier import MAX_TOKEN_LENGTH, Caller, TokenVerifier

COOKIE: Final = "fangate"
_PIECE: Final = 3_500
"""Browsers refuse a cookie of more than 4,096 bytes."""
_PIECES: Final = -(-MAX_TOKEN_LENGTH // _PIECE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_.=~+/-]{1,8192}")


def token_of(request: AnyRequest) -> str:
    """Of the proxy or, where it sends none, of the cookie. Empty where there is none."""
    return _bearer(request) or "".join(_pieces(request))


def by_proxy(request: AnyRequest) -> bool:
    """A proxy signs in and out: the console offers neither."""
    return bool(_bearer(request))


def _bearer(request: AnyRequest) -> str:
    scheme, _, token = (header(request, b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _pieces(request: AnyRequest) -> Iterator[str]:
    cookies = cookies_of(request)
    for name in _names():
        if name not in cookies:
            return
        yield cookies[name]


def _names() -> list[str]:
    return [COOKIE, *(f"{COOKIE}{number}" for number in range(1, _PIECES))]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Which tokens open the console."""

    verifier: TokenVerifier | None
    """Of the identity provider's tokens; None where there is no provider."""

    async def caller_of(self, request: AnyRequest, token: str) -> Caller:
        """A proxy's token, and a pasted one, is one of the API; the others are the identity provider's.

        Raises the 401 or 403 Problem of every operation of staff, or Unavailable.
        """
        asked = with_token(request, token)
        if self.verifier is None or by_proxy(request):
            return await supreme(asked)
        return await supreme_by(self.verifier, asked)


def with_token(request: AnyRequest, token: str) -> AnyRequest:
    """As if the token were in the header of the request."""
    others = [pair for pair in request.scope["headers"] if pair[0] != b"authorization"]
    return asked_by(request, headers=[*others, (b"authorization", f"Bearer {token}".encode())])


def is_token(text: str) -> bool:
    """Can it be in a cookie? If it is acceptable, the guard decides."""
    return _TOKEN.fullmatch(text) is not None


def cookies_with(request: AnyRequest, token: str) -> list[str]:
    """Set the token. Without one, sign out."""
    pieces = [token[start : start + _PIECE] for start in range(0, len(token), _PIECE)]
    pieces += [""] * (_PIECES - len(pieces))
    return [cookie(request, name, piece) for name, piece in zip(_names(), pieces, strict=True)]


def cookie(
    request: AnyRequest,
    name: str,
    value: str,
    *,
    seconds: int | None = None,
    site: str = "Strict",
    path: str = "/console",
) -> str:
    """An empty value removes it. Without ``seconds`` it lives as long as the browser runs."""
    age = "; Max-Age=0" if not value else "" if seconds is None else f"; Max-Age={seconds}"
    secure = "; Secure" if behind_tls(request) else ""
    return f"{name}={value}; HttpOnly; SameSite={site}; Path={path}{secure}{age}"


def behind_tls(request: AnyRequest) -> bool:
    forwarded = (header(request, b"x-forwarded-proto") or "").partition(",")[0].strip()
    return "https" in {request.scope["scheme"], forwarded}
