"""What every Realtime promises: it publishes, or raises Unavailable soon. It does not flood the log."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.appsync.realtime import MUTATION, AppSyncRealtime, appsync_realtime
from adapters.outgoing.breaker import Breaker
from adapters.outgoing.http import HttpNeighbour, http_session
from domain.model.cloud_events import OutgoingEvent, outgoing
from domain.model.errors import Unavailable
from domain.model.messaging.messages import StoredMessage, message_data
from domain.model.registrations.entry import EntryEvent
from tests.support.registrations import ANN, NOON, PHONE, TOUR, Seconds, a_confirmed_entry
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour

API_KEY = "da2-geheim"
PUBLISHED = Reply(200, {"data": {"publishEntryChange": {"userId": ANN}}})
GRAPHQL_ERRORS = Reply(
    200,
    {
        "data": {"publishEntryChange": None},
        "errors": [{"path": ["publishEntryChange"], "errorType": "Unauthorized", "message": f"Not for {ANN}"}],
    },
)


def an_event() -> OutgoingEvent:
    entry = a_confirmed_entry().with_event(EntryEvent.UPDATED, NOON)
    return outgoing(
        StoredMessage(
            id="event-1",
            about=EntryEvent.UPDATED,
            at=NOON,
            campaign_id=TOUR,
            user_id=ANN,
            revision=entry.revision,
            data=message_data(EntryEvent.UPDATED, entry),
        )
    )


@pytest.fixture
def api() -> Iterator[Neighbour]:
    with neighbour(lambda _: PUBLISHED) as running:
        yield running


@pytest.fixture
async def appsync(api: Neighbour) -> AsyncIterator[AppSyncRealtime]:
    async with appsync_realtime(f"{api.url}/graphql", api_key=API_KEY) as realtime:
        yield realtime


async def test_the_mutation_contains_the_change_and_nothing_private(
    api: Neighbour, appsync: AppSyncRealtime
) -> None:
    event = an_event()

    await appsync.send(event)

    (request,) = api.requests
    body: dict[str, Any] = request.json()
    entry = json.loads(event.body)["data"]
    assert (request.method, request.path, request.headers["x-api-key"]) == ("POST", "/graphql", API_KEY)
    assert body["query"] == MUTATION
    assert body["variables"]["input"] == {
        "eventId": "event-1",
        "type": "fangate.entry.updated",
        "campaignId": TOUR,
        "userId": ANN,
        "entryId": entry["id"],
        "revision": 1,
        "status": "confirmed",
        "updatedAt": "2026-05-04T12:00:00.000Z",
    }
    assert PHONE not in request.body.decode()


FAILURES = {
    name: TROUBLES[name]
    for name in ("hangs_up", "slow", "error", "not_json", "other_json", "forbidden", "redirect")
} | {"GraphQL errors": GRAPHQL_ERRORS}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_failed_mutation_is_unavailable(api: Neighbour, appsync: AppSyncRealtime, failure: Reply) -> None:
    api.say(failure)

    with pytest.raises(Unavailable) as refused:
        await appsync.send(an_event())

    assert refused.value.context == {"part": "realtime"}
    assert len(api.requests) == 1, "nothing is published twice"


async def test_a_server_that_is_down_is_unavailable(api: Neighbour, appsync: AppSyncRealtime) -> None:
    api.stop()

    with pytest.raises(Unavailable):
        await appsync.send(an_event())


@pytest.mark.parametrize("failure", [GRAPHQL_ERRORS, TROUBLES["forbidden"], TROUBLES["error"]])
async def test_the_circuit_opens_for_every_kind_of_failure(
    api: Neighbour, appsync: AppSyncRealtime, failure: Reply
) -> None:
    api.say(failure)

    for _ in range(50):
        with pytest.raises(Unavailable):
            await appsync.send(an_event())

    assert len(api.requests) == 5


async def test_failures_are_logged_once_a_minute_with_their_number(api: Neighbour) -> None:
    api.say(GRAPHQL_ERRORS)
    seconds = Seconds()
    async with http_session() as session:
        breaker = Breaker("realtime", seconds=seconds)
        service = HttpNeighbour(session, api.url, part="realtime", seconds=2, breaker=breaker)
        appsync = AppSyncRealtime(service, api_key=API_KEY, seconds=seconds)
        with capture_logs() as logged:
            for _ in range(20):
                with pytest.raises(Unavailable):
                    await appsync.send(an_event())
            seconds.now += 61
            with pytest.raises(Unavailable):
                await appsync.send(an_event())

    failures = [line for line in logged if line["event"] == "realtime.failed"]
    assert [(line["failures"], line["reason"]) for line in failures] == [
        (1, "GraphQL errors: 1"),
        (20, "GraphQL errors: 1"),
    ]
    assert "geheim" not in str(logged)
    assert ANN not in str(logged)


async def test_an_api_that_is_back_receives_updates_again(api: Neighbour) -> None:
    api.say(TROUBLES["error"])
    seconds = Seconds()
    async with http_session() as session:
        breaker = Breaker("realtime", seconds=seconds)
        service = HttpNeighbour(session, api.url, part="realtime", seconds=2, breaker=breaker)
        appsync = AppSyncRealtime(service, api_key=API_KEY)
        for _ in range(9):
            with pytest.raises(Unavailable):
                await appsync.send(an_event())

        api.say(PUBLISHED)
        seconds.now += 1

        await appsync.send(an_event())


async def test_an_unreadable_event_is_not_sent(api: Neighbour, appsync: AppSyncRealtime) -> None:
    with pytest.raises(Unavailable):
        await appsync.send(OutgoingEvent(id="x", key="tour:ann", body=b"{}"))

    assert api.requests == []
