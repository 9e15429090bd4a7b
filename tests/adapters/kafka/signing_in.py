"""What tests of signing in share."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from adapters.kafka.access import Encrypted, WithPassword, WithToken
from adapters.kafka.stream import KafkaStream
from adapters.kafka.tokens import TOKEN_SECONDS, AccessTokens
from adapters.outgoing.http import http_neighbour
from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from tests.contracts.stream_promises import event
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.apache_kafka.properties import PASSWORD
from tests.support.servers.neighbours import Reply, Request

EVENTS: Final = [event(fan, number) for number in range(3) for fan in range(5)]
AGAIN_WITHIN_SECONDS: Final = 120.0
"""Brokers take long to start again on a busy machine."""
LOOK_SECONDS: Final = 0.1


def encrypted(broker: ApacheKafka) -> Encrypted:
    return Encrypted(ca=broker.authority)


def with_certificate(broker: ApacheKafka) -> Encrypted:
    certificate, key = broker.client
    return Encrypted(ca=broker.authority, cert=certificate, key=key)


def with_password(
    broker: ApacheKafka, mechanism: str = "SCRAM-SHA-512", user: str = "relay", password: str = PASSWORD
) -> WithPassword:
    return WithPassword(encrypted=encrypted(broker), mechanism=mechanism, user=user, password=password)


@dataclass(slots=True)
class TokenEndpoint:
    """Gives tokens that are not signed: the broker of the tests takes them. It answers ``instead`` first."""

    seconds: Callable[[], float]
    url: str = ""
    life: float = 300.0
    instead: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.instead:
            return self.instead[0]
        now = self.seconds()
        claims = {"sub": "relay", "iat": now - 600, "exp": now + self.life}
        token = f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."
        return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": abs(self.life)})


def _encoded(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@asynccontextmanager
async def with_token(broker: ApacheKafka, tokens: TokenEndpoint, scope: str = "") -> AsyncIterator[WithToken]:
    async with http_neighbour(tokens.url, part="stream", seconds=TOKEN_SECONDS) as endpoint:
        access = AccessTokens(endpoint, client_id="relay:1", client_secret=lambda: PASSWORD, scope=scope)
        yield WithToken(encrypted(broker), access)


async def reason_of_refusal(stream: KafkaStream) -> str:
    """The one line with the reason why nothing can be published."""
    with capture_logs() as logged, pytest.raises(Unavailable) as refused:
        await stream.publish(EVENTS)
    assert refused.value.context == {"part": "stream"}
    assert [(line["event"], line["part"]) for line in logged] == [("neighbour.no_answer", "stream")]
    assert PASSWORD not in str(logged)
    return str(logged[0]["reason"])


async def publish_in_the_end(stream: KafkaStream, events: Sequence[OutgoingEvent] = EVENTS) -> None:
    """As the relay does: publish again the events that could not be published."""
    async with asyncio.timeout(AGAIN_WITHIN_SECONDS):
        while True:
            try:
                assert list(await stream.publish(events)) == []
            except Unavailable:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                return
