"""A broker with users and rights: ``relay`` and ``CN=relay`` may write to every topic, ``stranger`` to none."""

import time
import uuid
from collections.abc import Iterator

import pytest

from tests.adapters.kafka.signing_in import TokenEndpoint
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.apache_kafka.properties import PASSWORD
from tests.support.servers.neighbours import neighbour


@pytest.fixture(scope="session")
def broker(apache_kafka: ApacheKafka) -> ApacheKafka:
    administration = apache_kafka.administration
    for user in ("relay", "stranger"):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            administration.set_password(user, PASSWORD, mechanism)
    administration.allow("relay", "*")
    administration.allow("CN=relay", "*")
    return apache_kafka


@pytest.fixture
def topic(broker: ApacheKafka) -> str:
    """The name of a topic that only this test uses."""
    name = f"test-{uuid.uuid4().hex}"
    broker.administration.create_topic(name)
    return name


@pytest.fixture
def user() -> str:
    """The name of a user that only this test uses, without a password yet."""
    return f"relay-{uuid.uuid4().hex}"


@pytest.fixture
def tokens() -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint(seconds=time.time)
    with neighbour(endpoint) as running:
        endpoint.url = running.url
        yield endpoint
