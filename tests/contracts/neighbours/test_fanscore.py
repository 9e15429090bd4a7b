"""What every FanscoreSource promises: a score or none. It never makes a registration fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from structlog.testing import capture_logs

from adapters.fanscore.source import NoFanscore, http_fanscore
from domain.model.errors import Unavailable
from domain.model.ids import UserId
from ports.neighbours import FanscoreSource
from tests.support.neighbours import MemoryFanscore
from tests.support.registrations import ANN, BOB, TOUR
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, Request, neighbour


@dataclass(slots=True)
class Subject:
    source: FanscoreSource
    put: Callable[[UserId, float], None]


@pytest.fixture(params=["memory", "http"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryFanscore()
            yield Subject(memory, memory.put)
            return
        known: dict[str, float] = {}

        def answer(request: Request) -> Reply:
            score = known.get(unquote(request.path).removeprefix("/users/").removesuffix("/fanscore"))
            return Reply(404) if score is None else Reply(200, {"value": score})

        service = stack.enter_context(neighbour(answer))
        source = await stack.enter_async_context(http_fanscore(service.url))
        yield Subject(source, lambda user_id, score: known.update({user_id: score}))


@pytest.mark.parametrize("score", [0, 0.82, 1])
async def test_a_known_score_is_returned(subject: Subject, score: float) -> None:
    subject.put(ANN, score)
    subject.put(BOB, 0.5)

    assert await subject.source.fanscore(ANN, TOUR) == score


async def test_a_score_that_is_not_known_yet_is_none(subject: Subject) -> None:
    assert await subject.source.fanscore(ANN, TOUR) is None


async def test_a_score_may_become_known_later(subject: Subject) -> None:
    await subject.source.fanscore(ANN, TOUR)

    subject.put(ANN, 0.82)

    assert await subject.source.fanscore(ANN, TOUR) == 0.82


async def test_a_patient_caller_gets_the_same_score(subject: Subject) -> None:
    assert await subject.source.ask(ANN, TOUR) is None

    subject.put(ANN, 0.82)

    assert await subject.source.ask(ANN, TOUR) == 0.82


async def test_with_a_fanscore_service_it_says_that_it_can_be_asked(subject: Subject) -> None:
    assert subject.source.configured


async def test_without_a_fanscore_service_no_score_is_known() -> None:
    assert not NoFanscore().configured
    assert await NoFanscore().fanscore(ANN, TOUR) is None
    assert await NoFanscore().ask(ANN, TOUR) is None


# The service


@pytest.fixture
def service() -> Iterator[Neighbour]:
    with neighbour(lambda _: Reply(200, {"value": 0.82})) as running:
        yield running


@pytest.fixture
async def source(service: Neighbour) -> AsyncIterator[FanscoreSource]:
    async with http_fanscore(service.url) as over_http:
        yield over_http


async def test_the_request_is_as_documented(service: Neighbour, source: FanscoreSource) -> None:
    await source.fanscore(UserId("a|b@c"), TOUR)

    assert service.requests == [Request("GET", "/users/a%7Cb%40c/fanscore", {"campaignId": TOUR}, b"")]


@pytest.mark.parametrize("id", [".", ".."])
async def test_an_id_that_would_lead_to_another_path_is_not_requested(
    service: Neighbour, source: FanscoreSource, id: str
) -> None:
    assert await source.fanscore(UserId(id), TOUR) is None
    assert service.requests == []


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_failing_service_gives_no_score(service: Neighbour, source: FanscoreSource, trouble: str) -> None:
    service.say(TROUBLES[trouble])

    with capture_logs() as logged:
        assert await source.fanscore(ANN, TOUR) is None

    assert [(line["event"], line["part"]) for line in logged] == [("neighbour.no_answer", "fanscore")]


async def test_a_service_that_is_down_gives_no_score_until_it_is_back(
    service: Neighbour, source: FanscoreSource
) -> None:
    service.stop()
    assert await source.fanscore(ANN, TOUR) is None

    service.start()

    assert await source.fanscore(ANN, TOUR) == 0.82


@pytest.mark.parametrize(
    "rubbish", [{}, {"value": None}, {"value": "0.5"}, {"value": 1.01}, {"value": -0.1}, [0.5]]
)
async def test_an_invalid_answer_is_no_score(service: Neighbour, source: FanscoreSource, rubbish: object) -> None:
    service.say(Reply(200, rubbish))

    assert await source.fanscore(ANN, TOUR) is None


async def test_a_score_that_is_being_computed_is_not_known_yet(service: Neighbour, source: FanscoreSource) -> None:
    service.say(Reply(202, {"value": 0.1}))

    with capture_logs() as logged:
        assert await source.fanscore(ANN, TOUR) is None

    assert logged == []


async def test_the_circuit_opens_after_five_failures(service: Neighbour, source: FanscoreSource) -> None:
    service.say(TROUBLES["error"])

    with capture_logs() as logged:
        assert [await source.fanscore(ANN, TOUR) for _ in range(8)] == [None] * 8

    assert len(service.requests) == 5
    assert [line["event"] for line in logged].count("neighbour.circuit_opened") == 1


async def test_scores_not_known_yet_are_no_failures(service: Neighbour, source: FanscoreSource) -> None:
    service.say(Reply(404))
    for _ in range(8):
        await source.fanscore(ANN, TOUR)

    service.say(Reply(200, {"value": 0.82}))

    assert await source.fanscore(ANN, TOUR) == 0.82


async def test_cancelled_calls_are_no_failures(service: Neighbour, source: FanscoreSource) -> None:
    service.say(TROUBLES["slow"])
    for count in range(1, 9):
        asking = asyncio.create_task(source.fanscore(ANN, TOUR))
        while len(service.requests) < count:
            await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.wait([asking])

    service.say(Reply(200, {"value": 0.82}))

    assert await source.fanscore(ANN, TOUR) == 0.82


# Patient callers: they must distinguish "no score known" from "no answer"

NO_ANSWER = {name: TROUBLES[name] for name in ("hangs_up", "slow", "error", "gateway", "forbidden")} | {
    "throttled": Reply(429),
    "unauthorized": Reply(401),
}
UNREADABLE = {name: TROUBLES[name] for name in ("not_json", "not_utf8", "other_json", "empty", "nested")} | {
    "of this fan alone": Reply(400)
}


@pytest.mark.parametrize("trouble", NO_ANSWER.values(), ids=NO_ANSWER.keys())
async def test_no_answer_is_not_the_same_as_not_known(
    service: Neighbour, source: FanscoreSource, trouble: Reply
) -> None:
    service.say(trouble)

    with pytest.raises(Unavailable) as refused:
        await source.ask(ANN, TOUR)

    assert refused.value.context == {"part": "fanscore"}


async def test_a_service_that_is_down_is_not_the_same_as_an_unknown_score(
    service: Neighbour, source: FanscoreSource
) -> None:
    service.stop()

    with pytest.raises(Unavailable):
        await source.ask(ANN, TOUR)


async def test_no_answer_is_not_the_same_as_not_known_in_memory_too() -> None:
    memory = MemoryFanscore({ANN: 0.5})
    memory.answer(answers=False)

    assert await memory.fanscore(ANN, TOUR) is None
    with pytest.raises(Unavailable):
        await memory.ask(ANN, TOUR)


@pytest.mark.parametrize("status", [202, 404])
async def test_not_known_yet_is_no_error(service: Neighbour, source: FanscoreSource, status: int) -> None:
    service.say(Reply(status))

    assert await source.ask(ANN, TOUR) is None


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_unreadable_answer_may_concern_one_fan_and_opens_no_circuit(
    service: Neighbour, source: FanscoreSource, answer: Reply
) -> None:
    service.say(answer)

    with capture_logs() as logged:
        assert await source.ask(ANN, TOUR) is None

    assert [line["event"] for line in logged] == ["neighbour.no_answer"]


async def test_a_patient_caller_waits_longer_than_a_registration(
    service: Neighbour, source: FanscoreSource
) -> None:
    service.say(Reply(200, {"value": 0.82}, seconds=0.6))

    assert await source.fanscore(ANN, TOUR) is None
    assert await source.ask(ANN, TOUR) == 0.82


async def test_a_worker_still_asks_when_the_circuit_of_registrations_is_open(
    service: Neighbour, source: FanscoreSource
) -> None:
    service.say(TROUBLES["error"])
    for _ in range(6):
        await source.fanscore(ANN, TOUR)

    service.say(Reply(200, {"value": 0.82}))

    assert await source.fanscore(ANN, TOUR) is None, "left alone for now"
    assert await source.ask(ANN, TOUR) == 0.82
