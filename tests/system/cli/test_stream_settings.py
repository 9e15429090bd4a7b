"""FANGATE_STREAM: what is wrong stops the start with one line, and packages bring streams of their own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree

import httpx2
import pytest

from entrypoints.config.kafka_urls import kafka_address
from entrypoints.config.settings import Settings
from entrypoints.config.stream_urls import check_stream, kinesis_name
from tests.support.commands import fangate
from tests.support.paths import EXAMPLE_STREAM, EXAMPLES
from tests.support.servers.service import service
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS
from tests.system.cli.test_settings import assert_one_line

WRONG = [
    "nonsense",
    "nats://host/subject",
    "memory:geheim",
    "kinesis:",
    "kinesis://",
    "kinesis:name",
    "kinesis://geheim/geheim",
    "kinesis://a b",
    "kafka:",
    "kafka://broker:9092",
    "kafka://broker:9092/",
    "kafka://broker/topic",
    "kafka://broker:0/topic",
    "kafka://broker:65536/topic",
    "kafka://one:9092,/topic",
    "kafka://one:9092,two/topic",
    "kafka://user:geheim@broker:9092/topic",
    "kafka://broker:9092/a topic",
    "kafka://broker:9092/a/topic",
]
RIGHT = [
    "memory:",
    "kinesis://events",
    "kinesis://a_b.c-d/",
    "kafka://b:1/t",
    "kafka://b-1.c_d:65535,[::1]:9/a.b-c_d/",
]


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_stream_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"^must \w+") as refused:
        check_stream(url)

    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("url", RIGHT)
def test_a_right_stream_is_taken(url: str) -> None:
    assert Settings(stream=url, aws_region="eu-west-1").stream == url


def test_brokers_and_topic_are_told_apart() -> None:
    address = kafka_address("kafka://one:9092,[::1]:9093/fangate.events")
    assert (address.servers, address.topic) == ("one:9092,[::1]:9093", "fangate.events")
    assert kinesis_name("kinesis://fangate.events") == "fangate.events"


def test_kinesis_needs_a_region() -> None:
    outcome = fangate("serve", settings={"FANGATE_STREAM": "kinesis://events"})

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, "FANGATE_STREAM")
    assert "AWS_REGION" in outcome.stderr


# A package of its own


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed as pip would, and a package that is broken."""
    folder = tmp_path_factory.mktemp("packages")
    source = copytree(EXAMPLE_STREAM, tmp_path_factory.mktemp("source") / "example")
    subprocess.run(
        [
            sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--no-build-isolation",
            "--python", sys.executable, "--target", folder, source,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    broken = folder / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (broken / "entry_points.txt").write_text(
        "[fangate.streams]\nbroken = not_there:stream\nhollow = fangate_ndjson:nothing\nkafka = not_there:stream\n"
    )
    return folder


def test_packages_are_found_by_their_entry_points(packages: Path) -> None:
    outcome = fangate("serve", settings={"FANGATE_STREAM": "nats://x", "PYTHONPATH": str(packages)})

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, "FANGATE_STREAM")
    assert "memory:, kinesis:, kafka:, kafka+ssl:, broken:, hollow:, ndjson:" in outcome.stderr


@pytest.mark.parametrize(
    ("command", "url"), [("config check", "ndjson:"), ("serve", "broken:x"), ("config check", "hollow:x")]
)
def test_what_a_package_does_not_take_stops_the_start(packages: Path, command: str, url: str) -> None:
    """Both commands check the same; ``config check`` starts in a third of the time."""
    outcome = fangate(*command.split(), settings={"FANGATE_STREAM": url, "PYTHONPATH": str(packages)})

    assert outcome.returncode == 1
    assert_one_line(outcome.stderr, "FANGATE_STREAM")


def test_events_go_out_through_a_package(packages: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    settings = {
        "FANGATE_STREAM": f"ndjson:{file}",
        "FANGATE_CAMPAIGNS": f"file:{EXAMPLES}/campaigns.json",
        "FANGATE_USERS": f"file:{EXAMPLES}/users.json",
        "PYTHONPATH": str(packages),
    }
    fan = {"phone": "+12125550123", "markets": ["nyc"], "inviteCode": "VIP-1"}
    with service(settings) as running:
        answer = httpx2.post(
            f"{running.url}/tour/entries",
            json=fan,
            headers=bearer("fan-1", supreme=False),
            timeout=30,
            verify=NO_TLS,
        )
        assert answer.status_code == 201
        deadline = time.monotonic() + 30
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    (event,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (event["type"], event["subject"]) == ("fangate.entry.created", "tour/fan-1")
    assert event["data"]["id"] == answer.json()["id"]
