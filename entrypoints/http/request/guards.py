"""Who may call an operation: its guard admits the caller, or refuses the request."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection

from domain.model.errors import Unavailable
from entrypoints.application import Application
from entrypoints.http.request.headers import header
from entrypoints.http.request.token_verifier import Caller, TokenVerifier
from entrypoints.http.response.problems import forbidden

_CALLER: Final = "fangate.caller"

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection], Awaitable[None]]


async def supreme(request: Connection) -> None:
    """Guard: administrators only."""
    if not (await _admit(request)).supreme:
        raise forbidden()


async def fan(request: Connection) -> None:
    """Guard: whoever has a valid token; what is a fan's own is for the handler to see to."""
    await _admit(request)


async def oneself(request: Connection) -> None:
    """Guard: a valid token; the handler reaches only what belongs to its subject, an administrator's too."""
    await _admit(request)


async def public(_: Connection) -> None:
    """Guard: everyone, on purpose."""


async def _admit(request: Connection) -> Caller:
    token_verifier: TokenVerifier = request.app.state.token_verifier
    caller = await token_verifier.admit(header(request, b"authorization"))
    application: Application = request.app.state.application
    if application.store.away():  # Every operation needs it: better refused now than after a time-out.
        raise Unavailable("store")
    request.scope[_CALLER] = caller  # type: ignore[typeddict-unknown-key]
    return caller


def caller_of(request: Connection) -> Caller:
    """Who was admitted."""
    caller: Caller = request.scope[_CALLER]  # type: ignore[typeddict-item]
    return caller
