"""Reads the answers of Salesforce Marketing Cloud.

The error codes are in its developers' guide, "Transactional API Response Level Error Codes".
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import msgspec

from adapters.outgoing.answers import Answer
from adapters.outgoing.breaker import NoAnswer

DUPLICATE_KEY: Final = 109110
"""MCMS_UTM_Validation_DuplicateMessageKey: this message was accepted before."""
_DUPLICATE_NAME: Final = b"DuplicateMessageKey"
_OF_ALL_MAILS: Final = frozenset({109107, 109111, 30001, 30003, 40000, 40001})
"""Errors for all mails: the definition is missing, unknown or not active, or we have no right to use it."""
_OF_THIS_MAIL: Final = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Busy(NoAnswer):
    """Too many requests. Wait at least ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__("status 429")
        self.seconds = seconds


class Misconfigured(NoAnswer):
    """SFMC answers, but refuses all our mails: the credentials, the rights or the definition are wrong."""


class _One(msgspec.Struct, frozen=True):
    errorcode: int = 0


class _Answer(msgspec.Struct, frozen=True):
    errorcode: int = 0
    responses: tuple[_One, ...] = ()


_ANSWER: Final = msgspec.json.Decoder(_Answer, strict=False)


def refusal(answer: Answer) -> str | None:
    """None when the mail was accepted, now or before. The reason when it is refused for ever. Raises NoAnswer when
    it may be accepted later."""
    codes = frozenset(_codes(answer))
    if DUPLICATE_KEY in codes or _DUPLICATE_NAME in answer.body or (answer.ok and not codes):
        return None
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Busy(_seconds(answer.headers.get("Retry-After")))
    reason = f"status {answer.status}, errors {sorted(codes)}"
    if codes & _OF_ALL_MAILS or not (answer.ok or answer.status in _OF_THIS_MAIL):
        raise Misconfigured(reason)
    return reason


def _codes(answer: Answer) -> Iterator[int]:
    """The error codes of the request and of its message. Empty when the body cannot be read."""
    try:
        read = _ANSWER.decode(answer.body)
    except (ValueError, RecursionError):
        return
    yield from (code for code in (read.errorcode, *(one.errorcode for one in read.responses)) if code)


def _seconds(text: str | None) -> float:
    """The seconds of a Retry-After header. SFMC sends a number or no header."""
    try:
        return max(0.0, float(text or 0))
    except ValueError:
        return 0
