"""What one connection may send, and the answer to one that sent more."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from entrypoints.http.response.problems import MEDIA_TYPE, Problem

_ID: Final = "the-id-of-the-request"
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_HEADERS: Final = 100
MAX_WAITING: Final = 100
"""Requests that one connection may send ahead while it waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    connections: int = 1_024
    """Open at the same time, in one process."""
    head_seconds: float = 10.0
    """From the connection, or from the first byte behind an answer, to the end of the head."""
    body_seconds: float = 20.0
    """The longest pause between two bytes of the body."""
    linger_seconds: float = 2.0
    """What a refused caller still sends is read for so long: closing at once could lose the answer on its way."""


class RawAnswer:
    """For requests that never reach the application. All but the request's id is rendered once."""

    def __init__(self, problem: Problem, *, closes: bool) -> None:
        """``closes``: it is the last answer on its connection."""
        self._before, self._after = problem.body(_ID).decode().split(_ID)
        lines = (
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
            f"content-type: {MEDIA_TYPE}",
            *(f"{name.lower()}: {value}" for name, value in problem.headers.items()),
            "cache-control: no-store",
            *(("connection: close",) if closes else ()),
        )
        self._head = "\r\n".join(lines)

    def to(self, request_id: str) -> bytes:
        body = f"{self._before}{request_id}{self._after}"
        rest = f"content-length: {len(body)}\r\nx-request-id: {request_id}\r\n\r\n{body}"
        return f"{self._head}\r\n{rest}".encode()
