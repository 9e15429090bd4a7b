"""What every FraudDetection promises: an opinion or none. It never makes a registration fail."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from adapters.nudetect.detection import NoFraudDetection, nudetect
from domain.model.registrations.entry import Fraud, FraudStatus
from ports.neighbours import FraudDetection, RegistrationAttempt
from tests.support.neighbours import MemoryFraudDetection
from tests.support.registrations import ANN, PHONE, TOUR
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour

ATTEMPT = RegistrationAttempt(
    campaign_id=TOUR,
    user_id=ANN,
    phone=PHONE,
    email="ann@example.org",
    session_id="s-1",
    ip="192.0.2.1",
    user_agent="Fans/1.0",
    connection_ip="198.51.100.7",
    connection_user_agent="Real/2.0",
    event="create",
)
BANDS = {FraudStatus.CLEAR: "green", FraudStatus.REVIEW: "yellow", FraudStatus.FLAGGED: "red"}


@dataclass(slots=True)
class Subject:
    detection: FraudDetection
    think: Callable[[Fraud], None]


@pytest.fixture(params=["memory", "http"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryFraudDetection()
            yield Subject(memory, memory.think)
            return
        service = stack.enter_context(neighbour())
        detection = await stack.enter_async_context(nudetect(service.url))
        yield Subject(
            detection,
            lambda fraud: service.say(Reply(200, {"score": fraud.score, "band": BANDS[fraud.status]})),
        )


@pytest.mark.parametrize("status", BANDS)
@pytest.mark.parametrize("score", [0, 41.5, 100])
async def test_an_opinion_is_returned(subject: Subject, status: FraudStatus, score: float) -> None:
    opinion = Fraud(status=status, score=score)
    subject.think(opinion)

    assert await subject.detection.assess(ATTEMPT) == opinion


async def test_without_fraud_detection_there_is_no_opinion() -> None:
    assert await NoFraudDetection().assess(ATTEMPT) == Fraud(status=FraudStatus.NOT_ASKED, score=None)


# Nudetect


@pytest.fixture
def service() -> Iterator[Neighbour]:
    with neighbour(lambda _: Reply(200, {"score": 7, "band": "green"})) as running:
        yield running


@pytest.fixture
async def detection(service: Neighbour) -> AsyncIterator[FraudDetection]:
    async with nudetect(service.url) as over_http:
        yield over_http


async def test_the_request_is_as_documented(service: Neighbour, detection: FraudDetection) -> None:
    await detection.assess(ATTEMPT)

    (request,) = service.requests
    assert (request.method, request.path, request.query) == ("POST", "/assess", {})
    assert request.json() == {
        "campaignId": "tour",
        "userId": "ann",
        "phone": PHONE,
        "email": "ann@example.org",
        "sessionId": "s-1",
        "ip": "192.0.2.1",
        "userAgent": "Fans/1.0",
        "connectionIp": "198.51.100.7",
        "connectionUserAgent": "Real/2.0",
        "event": "create",
    }


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_failing_service_gives_no_opinion(
    service: Neighbour, detection: FraudDetection, trouble: str
) -> None:
    service.say(TROUBLES[trouble])

    with capture_logs() as logged:
        assert await detection.assess(ATTEMPT) == Fraud()

    assert [(line["event"], line["part"]) for line in logged] == [("neighbour.no_answer", "fraud")]


@pytest.mark.parametrize("trouble", ["gateway", "hangs_up", "not_json", "slow"])
async def test_one_attempt_is_reported_once(service: Neighbour, detection: FraudDetection, trouble: str) -> None:
    service.say(TROUBLES[trouble])

    await detection.assess(ATTEMPT)

    assert len(service.requests) == 1


async def test_a_service_that_is_down_gives_no_opinion_until_it_is_back(
    service: Neighbour, detection: FraudDetection
) -> None:
    service.stop()
    assert await detection.assess(ATTEMPT) == Fraud()

    service.start()

    assert await detection.assess(ATTEMPT) == Fraud(status=FraudStatus.CLEAR, score=7)


RUBBISH = [
    {},
    {"score": 7},
    {"band": "green"},
    {"score": 7, "band": "blue"},
    {"score": 101, "band": "red"},
    {"score": -1, "band": "green"},
    {"score": "7", "band": "green"},
    {"score": None, "band": "green"},
]


@pytest.mark.parametrize("rubbish", RUBBISH)
async def test_an_invalid_answer_is_no_opinion(
    service: Neighbour, detection: FraudDetection, rubbish: object
) -> None:
    service.say(Reply(200, rubbish))

    assert await detection.assess(ATTEMPT) == Fraud()


async def test_status_404_is_no_opinion(service: Neighbour, detection: FraudDetection) -> None:
    service.say(Reply(404, {"score": 7, "band": "green"}))

    assert await detection.assess(ATTEMPT) == Fraud()


async def test_text_that_cannot_be_sent_fails_no_registration(
    service: Neighbour, detection: FraudDetection
) -> None:
    attempt = RegistrationAttempt(
        campaign_id=TOUR, user_id=ANN, phone=PHONE, email=None, user_agent="\ud800", event="update"
    )

    with capture_logs() as logged:
        assert await detection.assess(attempt) == Fraud()

    assert service.requests == []
    assert [line["reason"] for line in logged] == ["cannot be encoded"]


@pytest.mark.parametrize("trouble", ["hangs_up", "error", "not_json", "slow"])
async def test_the_log_contains_nothing_about_the_fan(
    service: Neighbour, detection: FraudDetection, trouble: str
) -> None:
    service.say(TROUBLES[trouble])

    with capture_logs() as logged:
        await detection.assess(ATTEMPT)

    assert logged
    for personal in (PHONE[1:], "ann@example.org", "192.0.2.1"):
        assert personal not in str(logged)


async def test_the_circuit_opens_after_five_failures(service: Neighbour, detection: FraudDetection) -> None:
    service.say(TROUBLES["error"])

    for _ in range(8):
        assert await detection.assess(ATTEMPT) == Fraud()

    assert len(service.requests) == 5
