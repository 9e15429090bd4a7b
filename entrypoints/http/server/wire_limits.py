"""What one connection may send, and the answer to one that sent more."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from entrypoints.http.response.problems import MEDIA_TYPE, Problem
from entrypoints.http.server.middleware import new_request_id

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


def raw_answer(problem: Problem) -> bytes:
    """For a request that never reaches the application: the last that is sent on its connection."""
    request_id = new_request_id()
    body = problem.body(request_id)
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
        f"content-type: {MEDIA_TYPE}",
        f"content-length: {len(body)}",
        f"x-request-id: {request_id}",
        *(f"{name.lower()}: {value}" for name, value in problem.headers.items()),
        "cache-control: no-store",
        "connection: close",
    )
    return "\r\n".join((*head, "", "")).encode() + body
