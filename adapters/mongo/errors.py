"""PyMongo's exceptions become the errors of the model here."""

import re
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import pymongo.errors

from domain.model.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

DUPLICATE_KEY: Final = 11_000
IMMUTABLE_FIELD: Final = 66
"""How an update with NEVER_INSERT fails that finds no document."""
STALE: Final = frozenset({DUPLICATE_KEY, IMMUTABLE_FIELD})
"""A write was refused because of what is stored, not because of a fault."""
UNAUTHORIZED: Final = 13
MAX_REASON: Final = 300
_TIME_OUTS: Final = re.compile(r" \(configured timeouts:[^)]*\)")

_REASONS: Final[Mapping[int, str]] = {
    UNAUTHORIZED: "the user may not do this: it lacks a role on this database",
    18: "the user or the password is refused",
    8_000: "the user or the password is refused",
}
"""What the numbers of MongoDB's refusals mean to an operator."""


def translated(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Whatever the driver could not do, after its own retries, is raised as Unavailable."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except pymongo.errors.PyMongoError as error:
            raise unavailable(error) from error

    return call


def unavailable(error: pymongo.errors.PyMongoError) -> Unavailable:
    return Unavailable("store", reason=reason_of(error))


def reason_of(error: pymongo.errors.PyMongoError) -> str:
    """For an operator: hosts, kinds of errors and their numbers, never stored values."""
    if isinstance(error, pymongo.errors.ServerSelectionTimeoutError):
        return _why_none(str(error))
    if isinstance(error, pymongo.errors.ConnectionFailure):
        return f"the connection failed ({type(error).__name__})"
    numbers = _numbers(error)
    for number in numbers:
        if number in _REASONS:
            return _REASONS[number]
    return f"it refuses with {type(error).__name__} {', '.join(map(str, numbers))}".rstrip()


def _why_none(said: str) -> str:
    """Why no server could be used: the hosts and what each answered, without the driver's list of servers."""
    if said.startswith("Authentication failed"):
        return _REASONS[18]
    said = said.partition(", Timeout:")[0].partition(", full error:")[0]
    return f"no server answers: {_TIME_OUTS.sub('', said)}"[:MAX_REASON]


def _numbers(error: pymongo.errors.PyMongoError) -> list[int]:
    details: Mapping[str, Any] = getattr(error, "details", None) or {}
    failures = [details, *details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    return sorted({failure["code"] for failure in failures if "code" in failure})


def only_duplicates(error: pymongo.errors.BulkWriteError) -> bool:
    """Did every write that failed fail because the key is taken or the document has changed, and were the others
    acknowledged as asked?"""
    details = error.details or {}
    refused = all(failure.get("code") in STALE for failure in details.get("writeErrors", ()))
    return refused and not details.get("writeConcernErrors")


def may_come_back(error: Exception) -> bool:
    """Is it worth waiting for the store? It is not when the store answers and refuses."""
    cause = error.__cause__
    if isinstance(cause, pymongo.errors.OperationFailure):
        return may_pass(cause)
    return isinstance(error, Unavailable)


def may_pass(error: pymongo.errors.OperationFailure) -> bool:
    """A temporary fault (an election, a time-out), not a fault of the command."""
    if (error.details or {}).get("writeConcernErrors"):
        return True
    transient = isinstance(
        error,
        pymongo.errors.WTimeoutError | pymongo.errors.WriteConcernError | pymongo.errors.ExecutionTimeout,
    )
    return transient or error.has_error_label("RetryableWriteError")
