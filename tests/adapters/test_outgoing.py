"""Requests to neighbours over HTTP: circuit breaker, time-out and connections together."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.outgoing.breaker import Breaker, CircuitOpen, NoAnswer
from adapters.outgoing.http import MAX_BODY_BYTES, MAX_CONNECTIONS, HttpNeighbour, http_session
from domain.model.messaging.messages import RequestContext
from ports.system import set_current_request
from tests.support.registrations import Seconds
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour


@pytest.fixture
def server() -> Iterator[Neighbour]:
    with neighbour(lambda _: Reply(200, {})) as running:
        yield running


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def over_http(server: Neighbour, seconds: Seconds) -> AsyncIterator[HttpNeighbour]:
    async with http_session() as session:
        breaker = Breaker("part", seconds=seconds)
        yield HttpNeighbour(session, server.url, part="part", seconds=0.3, breaker=breaker)


@pytest.fixture
async def patient(server: Neighbour, seconds: Seconds) -> AsyncIterator[HttpNeighbour]:
    """Waits as long as a busy machine may take."""
    async with http_session() as session:
        breaker = Breaker("part", seconds=seconds)
        yield HttpNeighbour(session, server.url, part="part", seconds=30, breaker=breaker)


async def test_requests_that_time_out_free_their_connections(
    server: Neighbour, over_http: HttpNeighbour, seconds: Seconds
) -> None:
    server.say(TROUBLES["slow"])
    more_than_connections = MAX_CONNECTIONS
    late = await asyncio.gather(
        *(over_http.get() for _ in range(more_than_connections + 20)), return_exceptions=True
    )
    assert {type(outcome) for outcome in late} == {NoAnswer}

    server.say(Reply(200, {}))
    seconds.now += 1

    assert (await over_http.get()).status == 200


async def test_a_neighbour_that_is_back_is_used_after_the_pause(
    server: Neighbour, over_http: HttpNeighbour, seconds: Seconds
) -> None:
    server.stop()
    for _ in range(5):
        with pytest.raises(NoAnswer, match="ClientConnectorError"):
            await over_http.get()
    server.start()

    with pytest.raises(CircuitOpen):
        await over_http.get()
    seconds.now += 1

    assert [(await over_http.get()).status for _ in range(3)] == [200] * 3


async def test_a_dead_neighbour_gets_one_trial_request_at_a_time(
    server: Neighbour, over_http: HttpNeighbour, seconds: Seconds
) -> None:
    server.say(TROUBLES["error"])
    for _ in range(5):
        with pytest.raises(NoAnswer, match="status 500"):
            await over_http.get()
    seconds.now += 1

    outcomes = await asyncio.gather(*(over_http.get() for _ in range(50)), return_exceptions=True)

    assert len(server.requests) == 6
    assert sum(isinstance(outcome, CircuitOpen) for outcome in outcomes) == 49


async def test_an_endless_answer_is_cut_off(server: Neighbour, over_http: HttpNeighbour) -> None:
    server.say(Reply(200, b"{}" + b" " * (MAX_BODY_BYTES - 2)))
    assert (await over_http.get()).status == 200

    server.say(Reply(200, b"{}" + b" " * MAX_BODY_BYTES))
    with pytest.raises(NoAnswer, match="too long"):
        await over_http.get()


@pytest.mark.parametrize(
    ("base", "segments", "path"),
    [
        ("", ("users", "a/b?c#d%"), "/users/a%2Fb%3Fc%23d%25"),
        ("/", ("users", "ann"), "/users/ann"),
        ("/v1/", ("users", "ann"), "/v1/users/ann"),
    ],
)
async def test_an_id_cannot_lead_to_another_path(
    server: Neighbour, base: str, segments: tuple[str, ...], path: str
) -> None:
    async with http_session() as session:
        await HttpNeighbour(session, server.url + base, part="part", seconds=2).get(*segments)

    assert [request.path for request in server.requests] == [path]


TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_neighbour_receives_the_id_of_the_request_behind_the_call(
    server: Neighbour, patient: HttpNeighbour
) -> None:
    async def on_behalf_of(name: str) -> None:
        set_current_request(RequestContext(request_id=name, traceparent=TRACEPARENT))
        await patient.get(name)
        await patient.post({}, path=f"/{name}", headers={"x-api-key": "k"})

    await asyncio.gather(*(asyncio.create_task(on_behalf_of(name)) for name in ("one", "two")))

    assert len(server.requests) == 4
    for request in server.requests:
        assert request.headers["x-request-id"] == request.path.strip("/")
        assert request.headers["traceparent"] == TRACEPARENT
        assert request.method == "GET" or request.headers["x-api-key"] == "k"


async def test_a_call_without_a_request_carries_no_request_id(server: Neighbour, patient: HttpNeighbour) -> None:
    await patient.get("x")

    assert not {"x-request-id", "traceparent"} & server.requests[0].headers.keys()
