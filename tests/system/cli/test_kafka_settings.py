"""FANGATE_STREAM=kafka+ssl: and FANGATE_KAFKA_…: what is wrong stops the start, and no line shows a secret."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from entrypoints.bootstrap.files import check_kafka_files
from entrypoints.config.kafka_urls import kafka_address
from entrypoints.config.settings import ConfigurationError, Settings
from tests.support.commands import fangate
from tests.support.servers.apache_kafka.certificates import Authority
from tests.system.cli.test_settings import assert_one_line

PLACE = "kafka+ssl://broker:9093/topic"
WITH_USER = "kafka+ssl://relay:geheim@broker:9093/topic"

WRONG_URLS = [
    "kafka+ssl:",
    "kafka+ssl://broker:9093",
    "kafka+ssl://broker/topic",
    "kafka+ssl://broker:0/topic",
    "kafka+ssl://broker:9093,other/topic",
    "kafka+ssl://:geheim@broker:9093/topic",
    "kafka+ssl://relay:@broker:9093/topic",
    "kafka+ssl://@broker:9093/topic",
    "kafka+ssl://relay:geheim:geheim@broker:9093/topic",
    "kafka+ssl://relay:geheim@geheim@broker:9093/topic",
    "kafka+ssl://relay:geheim/geheim@broker:9093/topic",
    "kafka+ssl://relay:geheim%@broker:9093/topic",
    "kafka+ssl://relay:geheim%zz@broker:9093/topic",
    "kafka+ssl://relay:geheim%ff@broker:9093/topic",
    "kafka+ssl://relay:geheim%00@broker:9093/topic",
    "kafka+ssl://relay:geheim%01@broker:9093/topic",
    "kafka+ssl://relay:geheim@broker:9093/topic?",
    "kafka+ssl://relay:geheim@broker:9093/topic?geheim",
    "kafka+ssl://relay:geheim@broker:9093/topic?acks=all",
    "kafka+ssl://relay:geheim@broker:9093/topic?mechanism=",
    "kafka+ssl://relay:geheim@broker:9093/topic?mechanism=plain",
    "kafka+ssl://relay:geheim@broker:9093/topic?mechanism=GSSAPI",
    "kafka+ssl://relay:geheim@broker:9093/topic?mechanism=PLAIN&mechanism=PLAIN",
    "kafka+ssl://relay:geheim@broker:9093/topic?mechanism=PLAIN&acks=all",
    "kafka+ssl://relay:geheim@broker:9093/topic?mechanism=PLAIN#geheim",
]


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_wrong_url_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(stream=url)

    assert [problem["loc"] for problem in refused.value.errors()] == [("stream",)]
    assert "geheim" not in str(refused.value)


def test_what_a_url_says() -> None:
    address = kafka_address("kafka+ssl://re%20lay:a%40b%2Fc%3A%25@one:1,[::1]:2/a.b?mechanism=PLAIN")

    assert (address.servers, address.topic) == ("one:1,[::1]:2", "a.b")
    assert (address.user, address.password, address.mechanism) == ("re lay", "a@b/c:%", "PLAIN")
    assert "a@b" not in repr(address)


def kafka(stream: str, **variables: str) -> Settings:
    return Settings.model_validate(
        {"stream": stream} | {f"kafka_{name}": value for name, value in variables.items()}
    )


@pytest.mark.parametrize(
    "settings",
    [
        kafka(WITH_USER),
        kafka("kafka+ssl://relay@broker:9093/topic", password="geheim"),
        kafka(PLACE, user="relay", password="geheim"),
    ],
    ids=["url", "both", "variables"],
)
def test_user_and_password_stand_in_the_url_or_in_variables(settings: Settings) -> None:
    access = settings.kafka

    assert (access.user, access.password, access.mechanism) == ("relay", "geheim", "SCRAM-SHA-512")
    assert "geheim" not in repr(access) + repr(settings)


def test_without_a_user_there_is_no_mechanism() -> None:
    assert kafka(PLACE).kafka.mechanism == ""


TOKENS = {"token_url": "https://issuer.example/token"}
CONTRADICTIONS: list[tuple[str, Mapping[str, str], str]] = [
    (WITH_USER, {"user": "geheim"}, "FANGATE_STREAM and FANGATE_KAFKA_USER"),
    (WITH_USER, {"password": "geheim"}, "FANGATE_STREAM and FANGATE_KAFKA_PASSWORD"),
    (WITH_USER, {"password_file": "geheim"}, "FANGATE_STREAM and FANGATE_KAFKA_PASSWORD_FILE"),
    (PLACE, {"user": "relay", "password": "geheim", "password_file": "f"}, "FANGATE_KAFKA_PASSWORD_FILE"),
    (PLACE, {"user": "relay"}, "FANGATE_KAFKA_USER needs FANGATE_KAFKA_PASSWORD"),
    ("kafka+ssl://relay@broker:9093/topic", {}, "FANGATE_KAFKA_USER needs FANGATE_KAFKA_PASSWORD"),
    (PLACE, {"password": "geheim"}, "FANGATE_KAFKA_PASSWORD needs FANGATE_KAFKA_USER"),
    (PLACE, {"password_file": "geheim"}, "FANGATE_KAFKA_PASSWORD needs FANGATE_KAFKA_USER"),
    (PLACE, {"user": "re\x00lay", "password": "geheim"}, "FANGATE_KAFKA_USER must have no control"),
    (PLACE, {"user": "relay", "password": "geheim\n"}, "FANGATE_KAFKA_PASSWORD must have no control"),
    (PLACE, {"key": "geheim"}, "FANGATE_KAFKA_KEY needs FANGATE_KAFKA_CERT"),
    (f"{PLACE}?mechanism=PLAIN", {}, "FANGATE_STREAM: ?mechanism= needs a user"),
    (f"{WITH_USER}?mechanism=OAUTHBEARER", {}, "needs FANGATE_KAFKA_TOKEN_URL"),
    (WITH_USER, TOKENS, "FANGATE_KAFKA_TOKEN_URL needs FANGATE_STREAM"),
    (PLACE, TOKENS, "FANGATE_KAFKA_TOKEN_URL needs FANGATE_STREAM"),
    (WITH_USER, {"token_scope": "geheim"}, "FANGATE_KAFKA_TOKEN_SCOPE needs FANGATE_STREAM"),
    (f"{WITH_USER}?mechanism=OAUTHBEARER", {"token_url": "geheim"}, "FANGATE_KAFKA_TOKEN_URL must be"),
    (
        f"{WITH_USER}?mechanism=OAUTHBEARER",
        {"token_url": "http://issuer.example/token"},
        "FANGATE_KAFKA_TOKEN_URL: must be https://, or set FANGATE_ALLOW_HTTP",
    ),
    ("memory:", {"user": "geheim"}, "FANGATE_KAFKA_USER needs FANGATE_STREAM=kafka+ssl:"),
    ("kafka://broker:9092/topic", {"ca": "geheim"}, "FANGATE_KAFKA_CA needs FANGATE_STREAM=kafka+ssl:"),
]


@pytest.mark.parametrize(("stream", "variables", "message"), CONTRADICTIONS)
def test_what_makes_no_sense_together_is_refused(stream: str, variables: Mapping[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        kafka(stream, **variables)

    assert message in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://issuer.example/token", "http://127.0.0.1:1/token"])
def test_tokens_come_from_a_url(url: str) -> None:
    access = kafka(f"{WITH_USER}?mechanism=OAUTHBEARER", token_url=url, token_scope="kafka write").kafka

    assert (access.token_url, access.token_scope) == (url, "kafka write")


# Files


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A folder with files as they are and as they are not to be."""
    authority = Authority(tmp_path, "authority")
    relay = authority.issue("relay")
    authority.issue("other")
    key = load_pem_private_key(relay.key.read_bytes(), None)
    (tmp_path / "locked.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"geheim"))
    )
    (tmp_path / "both.pem").write_text(relay.both)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00geheim")
    (tmp_path / "text").write_text("geheim")
    (tmp_path / "password").write_text("geheim\n")
    return tmp_path


def named(pem: Path, files: Mapping[str, str]) -> dict[str, str]:
    return {name: str(pem / file) for name, file in files.items()}


@pytest.mark.parametrize(
    "files",
    [
        {"ca": "authority.pem"},
        {"cert": "relay.pem", "key": "relay.key"},
        {"cert": "both.pem"},
        {"ca": "both.pem", "cert": "both.pem", "key": "both.pem"},
    ],
)
def test_files_that_can_be_used(pem: Path, files: Mapping[str, str]) -> None:
    check_kafka_files(kafka(PLACE, **named(pem, files)))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"ca": "absent"}, "FANGATE_KAFKA_CA: the file cannot be read: FileNotFoundError"),
        ({"ca": "."}, "FANGATE_KAFKA_CA: the file cannot be read: IsADirectoryError"),
        ({"ca": "empty"}, "FANGATE_KAFKA_CA: the file is empty"),
        ({"ca": "binary"}, "FANGATE_KAFKA_CA: the file is no text"),
        ({"ca": "text"}, "FANGATE_KAFKA_CA must be a PEM file of certificates"),
        ({"ca": "relay.key"}, "FANGATE_KAFKA_CA must be a PEM file of certificates"),
        ({"cert": "absent", "key": "relay.key"}, "FANGATE_KAFKA_CERT: the file cannot be read: FileNotFoundError"),
        ({"cert": "relay.key", "key": "relay.key"}, "FANGATE_KAFKA_CERT must be a PEM file of certificates"),
        (
            {"cert": "relay.pem"},
            "FANGATE_KAFKA_CERT must be a PEM file with a private key, or set FANGATE_KAFKA_KEY",
        ),
        ({"cert": "relay.pem", "key": "absent"}, "FANGATE_KAFKA_KEY: the file cannot be read: FileNotFoundError"),
        ({"cert": "relay.pem", "key": "relay.pem"}, "FANGATE_KAFKA_KEY must be a PEM file with a private key"),
        (
            {"cert": "relay.pem", "key": "other.key"},
            "FANGATE_KAFKA_KEY must have the private key of FANGATE_KAFKA_CERT",
        ),
        ({"cert": "relay.pem", "key": "locked.key"}, "FANGATE_KAFKA_KEY must be a key without a passphrase"),
    ],
)
def test_files_that_cannot_be_used(pem: Path, files: Mapping[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_kafka_files(kafka(PLACE, **named(pem, files)))

    assert str(refused.value) == message


def test_a_password_file_must_be_there(pem: Path) -> None:
    check_kafka_files(kafka(PLACE, user="relay", password_file=str(pem / "password")))
    with pytest.raises(ConfigurationError, match=r"^FANGATE_KAFKA_PASSWORD_FILE: the file is empty$"):
        check_kafka_files(kafka(PLACE, user="relay", password_file=str(pem / "empty")))


# The process


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"FANGATE_STREAM": f"{WITH_USER}?mechanism=geheim"}, "FANGATE_STREAM"),
        ({"FANGATE_STREAM": WITH_USER, "FANGATE_KAFKA_PASSWORD": "geheim"}, "FANGATE_KAFKA_PASSWORD"),
        ({"FANGATE_STREAM": WITH_USER, "FANGATE_KAFKA_CA": "geheim.pem"}, "FANGATE_KAFKA_CA"),
    ],
)
def test_what_is_wrong_stops_the_start(variables: Mapping[str, str], named: str) -> None:
    outcome = fangate("serve", "--port", "0", settings=variables)

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, named)
    assert "geheim" not in outcome.stderr


def test_config_check_shows_no_secret(pem: Path) -> None:
    settings = {"FANGATE_STREAM": PLACE, "FANGATE_KAFKA_USER": "relay", "FANGATE_KAFKA_PASSWORD": "geheim"}
    outcome = fangate("config", "check", settings=settings | {"FANGATE_KAFKA_CA": str(pem / "authority.pem")})

    assert "FANGATE_STREAM  kafka+ssl: (set)" in outcome.stdout
    assert "FANGATE_KAFKA_PASSWORD  (set)" in outcome.stdout
    assert "geheim" not in outcome.stdout + outcome.stderr
