"""PyMongo's exceptions end here."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import pymongo.errors

from domain.model.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

DUPLICATE_KEY: Final = 11_000


def translated(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Whatever the driver could not do, after its own retries, is the store not answering."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await method(*args, **kwargs)
        except (pymongo.errors.ConnectionFailure, pymongo.errors.WaitQueueTimeoutError) as error:
            raise Unavailable("store") from error
        except pymongo.errors.BulkWriteError as error:
            failure = _without_documents(error)
            if may_pass(error):
                raise Unavailable("store") from failure
            raise failure from None
        except pymongo.errors.OperationFailure as error:
            if may_pass(error):
                raise Unavailable("store") from error
            raise

    return call


def only_duplicates(error: pymongo.errors.BulkWriteError) -> bool:
    """Did every write that failed fail because the key is taken, and were the others acknowledged as asked?"""
    details = error.details or {}
    refused = all(failure.get("code") == DUPLICATE_KEY for failure in details.get("writeErrors", ()))
    return refused and not details.get("writeConcernErrors")


def may_pass(error: pymongo.errors.OperationFailure) -> bool:
    """A fault of the moment (an election, a time-out), not of what was asked."""
    if (error.details or {}).get("writeConcernErrors"):
        return True
    transient = isinstance(
        error,
        pymongo.errors.WTimeoutError | pymongo.errors.WriteConcernError | pymongo.errors.ExecutionTimeout,
    )
    return transient or error.has_error_label("RetryableWriteError")


def _without_documents(error: pymongo.errors.BulkWriteError) -> Exception:
    """A bulk error carries the documents it failed on, which hold codes: keep only the error numbers."""
    details = error.details or {}
    failures = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    codes = sorted({failure.get("code", 0) for failure in failures})
    return RuntimeError(f"bulk write failed with {codes}")
