"""What an operator mends, or rotates, is used without a restart; until then the events wait, and none is lost."""

import time
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import pytest

from adapters.kafka.access import Encrypted, WithPassword
from adapters.kafka.stream import kafka_stream
from tests.adapters.kafka.signing_in import (
    EVENTS,
    TokenEndpoint,
    encrypted,
    publish_in_the_end,
    reason_of_refusal,
    with_password,
    with_token,
)
from tests.contracts.stream_promises import event, in_order
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.apache_kafka.certificates import Authority
from tests.support.servers.apache_kafka.properties import PASSWORD
from tests.support.servers.neighbours import Reply
from tests.support.servers.reading import first_of_each, read_kafka

SHORT_LIFE_SECONDS = 2.0
BASIC = f"Basic {b64encode(f'relay%3A1:{PASSWORD}'.encode()).decode()}"
"""The client's id is ``relay:1``."""


async def assert_all_is_stored(broker: ApacheKafka, topic: str) -> None:
    assert first_of_each(await read_kafka(broker.servers, topic)) == in_order(EVENTS)


async def test_a_password_is_accepted_at_last(broker: ApacheKafka, topic: str, user: str) -> None:
    broker.administration.allow(user, topic)
    async with kafka_stream(broker.of("SASL_SSL"), topic, with_password(broker, user=user)) as stream:
        assert await reason_of_refusal(stream) == "the broker refused the user or the password"

        broker.administration.set_password(user, PASSWORD)
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_a_right_is_given_at_last(broker: ApacheKafka, topic: str, user: str) -> None:
    broker.administration.set_password(user, PASSWORD)
    async with kafka_stream(broker.of("SASL_SSL"), topic, with_password(broker, user=user)) as stream:
        assert await reason_of_refusal(stream) == "the user may not write to the topic"

        broker.administration.allow(user, topic)
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_a_right_is_taken_away_and_given_back(broker: ApacheKafka, topic: str, user: str) -> None:
    broker.administration.set_password(user, PASSWORD)
    broker.administration.allow(user, topic)
    async with kafka_stream(broker.of("SASL_SSL"), topic, with_password(broker, user=user)) as stream:
        await publish_in_the_end(stream, EVENTS[:5])
        broker.administration.forbid(user, topic)
        assert await reason_of_refusal(stream) == "the user may not write to the topic"

        broker.administration.allow(user, topic)
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_a_password_file_is_read_again(broker: ApacheKafka, topic: str, user: str, tmp_path: Path) -> None:
    broker.administration.set_password(user, PASSWORD)
    broker.administration.allow(user, topic)
    file = tmp_path / "password"
    file.write_text("the old one\n")
    access = WithPassword(encrypted=encrypted(broker), mechanism="SCRAM-SHA-512", user=user, password_file=file)
    async with kafka_stream(broker.of("SASL_SSL"), topic, access) as stream:
        assert await reason_of_refusal(stream) == "the broker refused the user or the password"

        file.write_text(f"{PASSWORD}\n")
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_certificates_are_read_again(broker: ApacheKafka, topic: str, tmp_path: Path) -> None:
    issued = Authority(tmp_path, "foreign").issue("relay")
    certificate, key = broker.client
    access = Encrypted(ca=broker.authority, cert=issued.certificate, key=issued.key)
    async with kafka_stream(broker.of("SSL"), topic, access) as stream:
        assert await reason_of_refusal(stream) == "the broker refused the client certificate"

        copyfile(certificate, issued.certificate)
        copyfile(key, issued.key)
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_files_that_are_half_rotated_are_waited_for(broker: ApacheKafka, topic: str, tmp_path: Path) -> None:
    certificate, key = broker.client
    here = tmp_path / "relay.pem"
    access = Encrypted(ca=broker.authority, cert=here, key=key)
    async with kafka_stream(broker.of("SSL"), topic, access) as stream:
        assert await reason_of_refusal(stream) == "the certificate files cannot be read"

        copyfile(certificate, here)
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_authorities_are_read_again(broker: ApacheKafka, topic: str, tmp_path: Path) -> None:
    authorities = Authority(tmp_path, "foreign").certificate
    access = replace(with_password(broker), encrypted=Encrypted(ca=authorities))
    async with kafka_stream(broker.of("SASL_SSL"), topic, access) as stream:
        assert "trusted authority" in await reason_of_refusal(stream)

        with authorities.open("a") as file:
            file.write(broker.authority.read_text())
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


@pytest.mark.parametrize("reply", [Reply(401, {"error": "invalid_client"}), Reply(503), Reply(hang_up=True)])
async def test_a_token_endpoint_comes_back(
    broker: ApacheKafka, topic: str, tokens: TokenEndpoint, reply: Reply
) -> None:
    tokens.instead.append(reply)
    async with with_token(broker, tokens) as access, kafka_stream(broker.of("SASL_SSL"), topic, access) as stream:
        assert "token endpoint" in await reason_of_refusal(stream)

        tokens.instead.clear()
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_a_token_that_was_refused_is_not_used_again(
    broker: ApacheKafka, topic: str, tokens: TokenEndpoint
) -> None:
    tokens.life = -300
    async with with_token(broker, tokens) as access, kafka_stream(broker.of("SASL_SSL"), topic, access) as stream:
        assert await reason_of_refusal(stream) == "the broker refused the token"

        tokens.life = 300
        await publish_in_the_end(stream)

    await assert_all_is_stored(broker, topic)


async def test_tokens_are_renewed_before_their_end(broker: ApacheKafka, topic: str, tokens: TokenEndpoint) -> None:
    """This broker ends a connection with its token."""
    tokens.life = SHORT_LIFE_SECONDS
    sent = 0
    async with with_token(broker, tokens) as access, kafka_stream(broker.of("SASL_SSL"), topic, access) as stream:
        over = time.monotonic() + 2 * SHORT_LIFE_SECONDS
        while time.monotonic() < over or len(tokens.requests) < 3:
            assert list(await stream.publish([event(1, sent)])) == []
            sent += 1

    read = first_of_each(await read_kafka(broker.servers, topic))
    assert read == in_order([event(1, number) for number in range(sent)])


async def test_one_token_is_enough_while_it_is_good(
    broker: ApacheKafka, topic: str, tokens: TokenEndpoint
) -> None:
    async with with_token(broker, tokens, scope="kafka write") as access:
        for _ in range(2):
            async with kafka_stream(broker.of("SASL_SSL"), topic, access) as stream:
                assert list(await stream.publish(EVENTS)) == []

    (request,) = tokens.requests
    assert request.body == b"grant_type=client_credentials&scope=kafka+write"
    assert request.headers["authorization"] == BASIC
