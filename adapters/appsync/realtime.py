"""Live updates through an AWS AppSync GraphQL API.

Subscribers get the id, status and revision of a changed entry. They read the rest from Fangate, which checks who
they are. So phone numbers and mail addresses never go through subscriptions.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import structlog

from adapters.outgoing.answers import Answer, decoded
from adapters.outgoing.breaker import CircuitOpen, NoAnswer
from adapters.outgoing.http import HttpNeighbour, http_neighbour
from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable

SECONDS: Final = 2.0
LOG_EVERY_SECONDS: Final = 60.0
"""At most one log line in this time, for all failures together."""
MUTATION: Final = (
    "mutation PublishEntryChange($input: EntryChangeInput!) {"
    " publishEntryChange(input: $input)"
    " { eventId type campaignId userId entryId revision status updatedAt } }"
)
"""Subscribers get only the fields that are named here. The schema: docs/examples/appsync.graphql."""


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    """The fields of an entry that are sent. All other fields of the event are not."""

    id: str
    campaign_id: str
    user_id: str
    revision: int
    updated_at: str
    status: str = "withdrawn"
    """An event without a status is about an entry that was withdrawn."""


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: _Entry


class _Outcome(msgspec.Struct, frozen=True):
    """GraphQL reports failures in an answer with status 200."""

    errors: tuple[object, ...] | None = None


_EVENT: Final = msgspec.json.Decoder(_Event)
_OUTCOME: Final = msgspec.json.Decoder(_Outcome)


class AppSyncRealtime:
    """Sends each update once, without a second attempt: the next change sends a new update."""

    def __init__(
        self, service: HttpNeighbour, *, api_key: str, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._service = service
        self._headers = {"x-api-key": api_key}
        self._seconds = seconds
        self._failures = 0
        self._silent_until = 0.0

    async def send(self, event: OutgoingEvent) -> None:
        try:
            body = {"query": MUTATION, "variables": {"input": _input(event)}}
            await self._service.post(body, headers=self._headers, check=_check)
        except NoAnswer as error:
            self._note(error)
            raise Unavailable("realtime") from None

    def _note(self, error: NoAnswer) -> None:
        self._failures += 1
        if isinstance(error, CircuitOpen) or self._seconds() < self._silent_until:
            return
        self._silent_until = self._seconds() + LOG_EVERY_SECONDS
        structlog.get_logger().warning("realtime.failed", reason=error.reason, failures=self._failures)
        self._failures = 0


def _input(event: OutgoingEvent) -> dict[str, str | int]:
    read = decoded(_EVENT, event.body)
    entry = read.data
    return {
        "eventId": read.id,
        "type": read.type,
        "campaignId": entry.campaign_id,
        "userId": entry.user_id,
        "entryId": entry.id,
        "revision": entry.revision,
        "status": entry.status,
        "updatedAt": entry.updated_at,
    }


def _check(answer: Answer) -> None:
    """Count any failure for the circuit breaker: an API that refuses all requests is asked as rarely as one that
    is down."""
    outcome = answer.read(_OUTCOME)
    if outcome.errors:
        raise NoAnswer(f"GraphQL errors: {len(outcome.errors)}")


@asynccontextmanager
async def appsync_realtime(url: str, *, api_key: str) -> AsyncIterator[AppSyncRealtime]:
    """AppSync with the GraphQL endpoint ``url``."""
    async with http_neighbour(url, part="realtime", seconds=SECONDS) as service:
        yield AppSyncRealtime(service, api_key=api_key)
