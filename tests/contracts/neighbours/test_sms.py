"""What every Sms promises: the message is handed over, or Unavailable is raised."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from adapters.sms.log import LogSms
from adapters.sms.sns import sns_sms
from adapters.sms.webhook import webhook_sms
from domain.model.errors import Unavailable
from ports.neighbours import Sms
from tests.support.neighbours import MemorySms
from tests.support.registrations import OTHER_PHONE, PHONE
from tests.support.servers import backends
from tests.support.servers.aws import ENVIRONMENT, environment
from tests.support.servers.neighbours import TROUBLES, Neighbour, Reply, neighbour

BODY = "123456 is your code. It is good for 10 minutes."

Message = tuple[str, str]


@dataclass(slots=True)
class Subject:
    sms: Sms
    sent: Callable[[], list[Message]]
    """The number, and the text."""


@pytest.fixture(scope="module")
def sns_environment() -> Iterator[dict[str, str]]:
    """Of a server of its own: the emulator cannot show its texts after some of what other tests store in it."""
    with backends.aws() as url:
        yield ENVIRONMENT | {"AWS_ENDPOINT_URL": url}


@pytest.fixture(params=["memory", "webhook", "sns"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemorySms()
            yield Subject(memory, lambda: [(message.to, message.body) for message in memory.sent])
        elif request.param == "webhook":
            gateway = stack.enter_context(neighbour(lambda _: Reply(202)))
            webhook = await stack.enter_async_context(webhook_sms(f"{gateway.url}/messages?key=1"))
            yield Subject(webhook, lambda: [_message(request.json()) for request in gateway.requests])
        else:
            aws: dict[str, str] = request.getfixturevalue("sns_environment")
            stack.enter_context(environment(aws))
            sns = await stack.enter_async_context(sns_sms(region=aws["AWS_REGION"]))
            before = set(_texts_of_sns(aws))
            yield Subject(sns, lambda: [text for id, text in _texts_of_sns(aws).items() if id not in before])


def _message(body: dict[str, str]) -> Message:
    assert set(body) == {"to", "body"}
    return body["to"], body["body"]


def _texts_of_sns(aws: Mapping[str, str]) -> dict[str, Message]:
    """The emulator keeps the texts sent to phone numbers, each under an id of its own."""
    data: Any = httpx2.get(f"{aws['AWS_ENDPOINT_URL']}/moto-api/data.json").json()
    texts = data.get("sns", {}).get("SMS", [])
    return {text["message_id"]: (text["phone_number"], text["message"]) for text in texts}


async def test_a_message_reaches_its_number(subject: Subject) -> None:
    await subject.sms.send(PHONE, BODY)

    assert subject.sent() == [(PHONE, BODY)]


async def test_messages_do_not_get_mixed_up(subject: Subject) -> None:
    await subject.sms.send(PHONE, "one")
    await subject.sms.send(OTHER_PHONE, "two")

    assert sorted(subject.sent()) == [(PHONE, "one"), (OTHER_PHONE, "two")]


# Gateways and SNS alike


@pytest.fixture
def gateway() -> Iterator[Neighbour]:
    with neighbour(lambda _: Reply(204, b"")) as running:
        yield running


@pytest.fixture(params=["webhook", "sns"])
async def sms(request: pytest.FixtureRequest, gateway: Neighbour) -> AsyncIterator[Sms]:
    """An Sms that sends to the gateway."""
    async with AsyncExitStack() as stack:
        if request.param == "webhook":
            yield await stack.enter_async_context(webhook_sms(gateway.url))
        else:
            stack.enter_context(environment(ENVIRONMENT | {"AWS_ENDPOINT_URL": gateway.url}))
            yield await stack.enter_async_context(sns_sms(region="eu-west-1"))


REFUSAL = Reply(
    400,
    b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code>"
    b"<Message>Invalid parameter: PhoneNumber Reason: +12015550123 is not valid</Message></Error></ErrorResponse>",
)
"""As SNS words it, with the number."""


@pytest.mark.parametrize("trouble", ["hangs_up", "slow", "error", "gateway", "forbidden"])
async def test_a_message_that_cannot_be_handed_over_is_unavailable(
    gateway: Neighbour, sms: Sms, trouble: str
) -> None:
    gateway.say(TROUBLES[trouble])

    with pytest.raises(Unavailable) as refused:
        await sms.send(PHONE, BODY)

    assert refused.value.context == {"part": "sms"}


async def test_a_server_that_is_down_is_unavailable(gateway: Neighbour, sms: Sms) -> None:
    gateway.stop()

    with pytest.raises(Unavailable):
        await sms.send(PHONE, BODY)


@pytest.mark.parametrize("trouble", ["hangs_up", "error", "gateway"])
async def test_nothing_is_sent_twice(gateway: Neighbour, sms: Sms, trouble: str) -> None:
    gateway.say(TROUBLES[trouble])

    with pytest.raises(Unavailable):
        await sms.send(PHONE, BODY)

    assert len(gateway.requests) == 1


async def test_the_circuit_opens_after_five_failures(gateway: Neighbour, sms: Sms) -> None:
    gateway.say(TROUBLES["error"])

    for _ in range(8):
        with pytest.raises(Unavailable):
            await sms.send(PHONE, BODY)

    assert len(gateway.requests) == 5


async def test_a_refused_message_is_no_failure_of_the_gateway(gateway: Neighbour, sms: Sms) -> None:
    gateway.say(REFUSAL)

    for _ in range(8):
        with pytest.raises(Unavailable):
            await sms.send(PHONE, BODY)

    assert len(gateway.requests) == 8


@pytest.mark.parametrize(
    "trouble", [TROUBLES["hangs_up"], TROUBLES["error"], REFUSAL, replace(REFUSAL, status=500)]
)
async def test_neither_number_nor_code_is_logged_or_in_an_error(
    gateway: Neighbour, sms: Sms, trouble: Reply
) -> None:
    gateway.say(trouble)

    with capture_logs() as logged, pytest.raises(Unavailable) as refused:
        await sms.send(PHONE, BODY)

    output = str(logged) + "".join(map(repr, _chain(refused.value)))
    assert "neighbour.no_answer" in output
    assert PHONE[1:] not in output
    assert "123456" not in output


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it names as its causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


# The log, for developers


async def test_the_log_shows_the_message_and_not_the_number() -> None:
    with capture_logs() as logged:
        await LogSms().send(PHONE, BODY)

    assert logged == [{"event": "sms.not_sent_only_logged", "log_level": "warning", "to": "…23", "body": BODY}]
