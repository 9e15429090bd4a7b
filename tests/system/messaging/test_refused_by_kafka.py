"""A Kafka that refuses Fangate: one plain line in the log, no secret in it, and no event is lost."""

import time
import uuid
from collections.abc import Callable

import httpx2

from tests.support.paths import EXAMPLES
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.apache_kafka.properties import PASSWORD
from tests.support.servers.reading import read_kafka
from tests.support.servers.service import Service, service
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

PATIENCE_SECONDS = 60.0
REASON = "the broker refused the user or the password"


async def test_events_wait_for_the_password_to_be_accepted(apache_kafka: ApacheKafka) -> None:
    user, topic = f"relay-{uuid.uuid4().hex}", f"entries-{uuid.uuid4().hex}"
    apache_kafka.administration.create_topic(topic)
    apache_kafka.administration.allow(user, topic)
    settings = {
        "FANGATE_STREAM": f"kafka+ssl://{user}@{apache_kafka.of('SASL_SSL')}/{topic}",
        "FANGATE_KAFKA_PASSWORD": PASSWORD,
        "FANGATE_KAFKA_CA": str(apache_kafka.authority),
        "FANGATE_CAMPAIGNS": f"file:{EXAMPLES}/campaigns.json",
        "FANGATE_USERS": f"file:{EXAMPLES}/users.json",
    }
    with service(settings) as running:
        registered = _register(running)
        _until(lambda: _of(running, "neighbour.no_answer") != [])
        _until(lambda: len(_of(running, "relay.hindered")) > 1)  # It was tried again, and not logged again.
        apache_kafka.administration.set_password(user, PASSWORD)
        _until(lambda: _of(running, "event.published") != [])
        refusals = _of(running, "neighbour.no_answer")
        running.stop()
        logged = running.logged()

    assert [(line["part"], line["reason"]) for line in refusals] == [("stream", REASON)]
    assert PASSWORD not in logged
    assert "Traceback" not in logged
    assert [published.event["data"]["id"] for published in await read_kafka(apache_kafka.servers, topic)] == [
        registered
    ]


def _register(running: Service) -> str:
    fan = {"phone": "+12125550123", "markets": ["nyc"], "inviteCode": "VIP-1"}
    headers = bearer("fan-1", supreme=False)
    answer = httpx2.post(f"{running.url}/tour/entries", json=fan, headers=headers, timeout=30, verify=NO_TLS)
    assert answer.status_code == 201
    return str(answer.json()["id"])


def _of(running: Service, event: str) -> list[dict[str, object]]:
    return [line for line in running.lines() if line["event"] == event]


def _until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
