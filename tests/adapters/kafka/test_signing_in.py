"""Apache Kafka with TLS and users: a correct configuration signs in, a wrong one is refused in one plain line."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.kafka.access import Access, Encrypted
from adapters.kafka.stream import KafkaStream, kafka_stream
from tests.adapters.kafka.signing_in import (
    EVENTS,
    TokenEndpoint,
    encrypted,
    reason_of_refusal,
    with_certificate,
    with_password,
    with_token,
)
from tests.contracts.stream_promises import in_order
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.apache_kafka.certificates import Authority, Issued
from tests.support.servers.apache_kafka.properties import PASSWORD
from tests.support.servers.neighbours import Reply
from tests.support.servers.ports import free_port
from tests.support.servers.reading import first_of_each, read_kafka

PATIENCE_SECONDS = 2.0
HUNG_UP = "the broker hung up: the port may ask for another protocol, a user or a client certificate"
REFUSED = "the broker refused the user or the password"
UNTRUSTED = "the broker's certificate is not signed by a trusted authority"


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Secrets are not logged by libraries either. aiokafka, which would log each try, is silent."""
    yield
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if PASSWORD in line] == []
    assert [record.name for record in caplog.records if record.name.startswith("aiokafka")] == []


@asynccontextmanager
async def stream(servers: str, topic: str, access: Access | None) -> AsyncIterator[KafkaStream]:
    async with kafka_stream(servers, topic, access, patience_seconds=PATIENCE_SECONDS) as opened:
        yield opened


@pytest.fixture
def foreign(tmp_path: Path) -> tuple[Authority, Issued]:
    """An authority that the broker does not know, and a certificate for its user's name."""
    authority = Authority(tmp_path, "foreign")
    return authority, authority.issue("relay")


async def assert_published(broker: ApacheKafka, listener: str, topic: str, access: Access) -> None:
    async with kafka_stream(broker.of(listener), topic, access) as opened:
        assert list(await opened.publish(EVENTS)) == []
    assert first_of_each(await read_kafka(broker.servers, topic)) == in_order(EVENTS)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"])
async def test_a_user_signs_in(broker: ApacheKafka, topic: str, mechanism: str) -> None:
    await assert_published(broker, "SASL_SSL", topic, with_password(broker, mechanism))


async def test_a_client_certificate_signs_in(broker: ApacheKafka, topic: str) -> None:
    await assert_published(broker, "SSL", topic, with_certificate(broker))


async def test_the_key_may_be_in_the_file_of_the_certificate(
    broker: ApacheKafka, topic: str, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_text("".join(path.read_text() for path in broker.client))

    await assert_published(broker, "SSL", topic, Encrypted(ca=broker.authority, cert=both))


async def test_a_token_signs_in(broker: ApacheKafka, topic: str, tokens: TokenEndpoint) -> None:
    async with with_token(broker, tokens, scope="kafka") as access:
        await assert_published(broker, "SASL_SSL", topic, access)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"])
async def test_a_wrong_password(broker: ApacheKafka, topic: str, mechanism: str) -> None:
    wrong = with_password(broker, mechanism, password=f"{PASSWORD}!")
    async with stream(broker.of("SASL_SSL"), topic, wrong) as opened:
        assert await reason_of_refusal(opened) == REFUSED


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"])
async def test_a_user_that_does_not_exist(broker: ApacheKafka, topic: str, mechanism: str, user: str) -> None:
    async with stream(broker.of("SASL_SSL"), topic, with_password(broker, mechanism, user=user)) as opened:
        assert await reason_of_refusal(opened) == REFUSED


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
async def test_a_mechanism_that_the_broker_does_not_offer(broker: ApacheKafka, topic: str, mechanism: str) -> None:
    async with stream(broker.of("ONE"), topic, with_password(broker, mechanism)) as opened:
        assert await reason_of_refusal(opened) == "the broker does not offer the mechanism"


async def test_a_user_where_only_certificates_are_accepted(broker: ApacheKafka, topic: str) -> None:
    access = replace(with_password(broker), encrypted=with_certificate(broker))
    async with stream(broker.of("SSL"), topic, access) as opened:
        assert await reason_of_refusal(opened) == "the broker asks for another way to sign in"


async def test_no_user_where_one_is_required(broker: ApacheKafka, topic: str) -> None:
    async with stream(broker.of("SASL_SSL"), topic, encrypted(broker)) as opened:
        assert await reason_of_refusal(opened) == HUNG_UP


async def test_a_broker_of_another_authority(
    broker: ApacheKafka, topic: str, foreign: tuple[Authority, Issued]
) -> None:
    access = replace(with_password(broker), encrypted=Encrypted(ca=foreign[0].certificate))
    async with stream(broker.of("SASL_SSL"), topic, access) as opened:
        assert await reason_of_refusal(opened) == UNTRUSTED


async def test_without_a_file_the_machines_authorities_count(broker: ApacheKafka, topic: str) -> None:
    async with stream(
        broker.of("SASL_SSL"), topic, replace(with_password(broker), encrypted=Encrypted())
    ) as opened:
        assert await reason_of_refusal(opened) == UNTRUSTED


async def test_a_certificate_for_another_host(broker: ApacheKafka, topic: str) -> None:
    async with stream(broker.of("SASL_SSL", host="localhost"), topic, with_password(broker)) as opened:
        assert await reason_of_refusal(opened) == "the broker's certificate is for another host name"


async def test_no_client_certificate(broker: ApacheKafka, topic: str) -> None:
    async with stream(broker.of("SSL"), topic, encrypted(broker)) as opened:
        reason = await reason_of_refusal(opened)
    assert reason == "the broker asks for a client certificate, or for another one"


async def test_a_client_certificate_of_another_authority(
    broker: ApacheKafka, topic: str, foreign: tuple[Authority, Issued]
) -> None:
    issued = foreign[1]
    access = Encrypted(ca=broker.authority, cert=issued.certificate, key=issued.key)
    async with stream(broker.of("SSL"), topic, access) as opened:
        assert await reason_of_refusal(opened) == "the broker refused the client certificate"


async def test_tls_where_the_broker_has_none(broker: ApacheKafka, topic: str) -> None:
    async with stream(broker.servers, topic, with_password(broker)) as opened:
        assert await reason_of_refusal(opened) == HUNG_UP


async def test_no_tls_where_it_is_required(broker: ApacheKafka, topic: str) -> None:
    async with stream(broker.of("SASL_SSL"), topic, None) as opened:
        assert await reason_of_refusal(opened) == HUNG_UP


async def test_no_right_to_the_topic(broker: ApacheKafka, topic: str) -> None:
    async with stream(broker.of("SASL_SSL"), topic, with_password(broker, user="stranger")) as opened:
        assert await reason_of_refusal(opened) == "the user may not write to the topic"


async def test_a_right_to_another_topic_only(broker: ApacheKafka, topic: str, user: str) -> None:
    broker.administration.set_password(user, PASSWORD)
    broker.administration.allow(user, "another")
    async with stream(broker.of("SASL_SSL"), topic, with_password(broker, user=user)) as opened:
        assert await reason_of_refusal(opened) == "the user may not write to the topic"


async def test_no_broker_at_the_port(broker: ApacheKafka, topic: str) -> None:
    async with stream(f"127.0.0.1:{free_port()}", topic, with_password(broker)) as opened:
        assert await reason_of_refusal(opened) == "no broker can be reached"


async def test_a_host_name_that_does_not_exist(broker: ApacheKafka, topic: str) -> None:
    async with stream("nowhere.invalid:9093", topic, with_password(broker)) as opened:
        assert await reason_of_refusal(opened) == "the host name of a broker is not known"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(401, {"error": "invalid_client"}), "the token endpoint refused the client: status 401"),
        (Reply(400, {"error": "invalid_scope"}), "the token endpoint refused the client: status 400"),
        (Reply(503, b""), "no answer from the token endpoint: status 503"),
        (Reply(302, b"", headers={"Location": "/"}), "no answer from the token endpoint: status 302"),
        (Reply(200, b"<html>"), "no answer from the token endpoint: invalid: not JSON"),
        (
            Reply(200, {"expires_in": 3}),
            "no answer from the token endpoint: invalid: Object missing required field `access_token`",
        ),
    ],
)
async def test_a_token_endpoint_that_gives_none(
    broker: ApacheKafka, topic: str, tokens: TokenEndpoint, reply: Reply, reason: str
) -> None:
    tokens.instead.append(reply)
    async with with_token(broker, tokens) as access, stream(broker.of("SASL_SSL"), topic, access) as opened:
        assert await reason_of_refusal(opened) == reason


async def test_a_token_that_the_broker_refuses(broker: ApacheKafka, topic: str, tokens: TokenEndpoint) -> None:
    tokens.life = -60
    async with with_token(broker, tokens) as access, stream(broker.of("SASL_SSL"), topic, access) as opened:
        assert await reason_of_refusal(opened) == "the broker refused the token"
