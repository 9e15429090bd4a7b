"""Who may call an operation: its guard admits the caller or refuses the request."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection

from domain.model.errors import Unavailable
from domain.model.ids import UserId
from entrypoints.application import Application
from entrypoints.http.request.headers import header
from entrypoints.http.request.token_verifier import Caller, TokenVerifier
from entrypoints.http.response.problems import forbidden

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection], Awaitable[Caller]]
"""Raises a 401 or 403 Problem, or Unavailable."""
ANONYMOUS: Final = Caller(UserId(""), supreme=False)
"""The caller of a public operation: no token was checked."""


async def supreme(request: Connection) -> Caller:
    """Administrators only."""
    return _administrator(await fan(request))


async def supreme_by(token_verifier: TokenVerifier, request: Connection) -> Caller:
    """Administrators only, by tokens that are not those of the API."""
    return _administrator(await _admitted(token_verifier, request))


def _administrator(caller: Caller) -> Caller:
    if not caller.supreme:
        raise forbidden()
    return caller


async def fan(request: Connection) -> Caller:
    """Any valid token. The handler checks that a fan reaches only the fan's own registration."""
    return await _admitted(request.app.state.token_verifier, request)


async def _admitted(token_verifier: TokenVerifier, request: Connection) -> Caller:
    caller = await token_verifier.admit(header(request, b"authorization"))
    _check_store(request)
    return caller


def _check_store(request: Connection) -> None:
    """The operation needs the store: refuse now, not after a time-out."""
    application: Application = request.app.state.application
    if application.store.away():
        raise Unavailable("store")


async def oneself(request: Connection) -> Caller:
    """Any valid token. The handler reaches only what belongs to its subject, an administrator's too."""
    return await fan(request)


async def without_token(request: Connection) -> Caller:
    """No token is needed, to read what is stored and public."""
    _check_store(request)
    return ANONYMOUS


async def public(_: Connection) -> Caller:
    """No token is needed, and no store."""
    return ANONYMOUS
