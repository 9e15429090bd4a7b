"""Real servers, started once a session or once a run, each test in a database or bucket of its own."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from tests.support.paths import ROOT
from tests.support.platform import Platform
from tests.support.reused import Reused, reused
from tests.support.servers import backends
from tests.support.servers.apache_kafka.brokers import ApacheKafka
from tests.support.servers.aws import ENVIRONMENT, KINESIS, SQS
from tests.support.servers.faults import AwsProxy, aws_proxy
from tests.support.servers.kafka import MockCluster, mock_cluster, packaged_kafka
from tests.support.servers.neighbours import Reply, neighbour
from tests.support.stored import a_database


def pytest_configure(config: pytest.Config) -> None:
    """Beanie 1, which Motor needs, and a library under it have not followed Pydantic's last renaming."""
    for module in ("beanie.odm.utils.pydantic", "lazy_model.parser.new"):
        old = f"ignore:Accessing the 'model_fields' attribute on the instance:DeprecationWarning:{module}"
        config.addinivalue_line("filterwarnings", old)
    settings.register_profile("fangate", settings(), deadline=None)  # No test asserts how long an example takes.
    settings.load_profile("fangate")
    gc.disable()  # Until all tests are collected: hardly anything is garbage, and to look for it takes long.


SLOWEST_FIRST: Final = ("tests/system", "tests/console/browser", "tests/http", "tests/adapters", "tests/contracts")
"""The folders with the longest files: up to minutes each, where other files take seconds."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start the slowest files first when several processes share the files.

    A process takes one file after another, in this order. A slow file that is taken last keeps one process busy
    while the others have nothing left to do. Without other processes the order stays, so that rules fail first.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.path))


def pytest_collection_finish() -> None:
    """The tests stay until the end, so the collector need not look at them again and again."""
    gc.freeze()
    gc.enable()


def _rank(file: Path) -> int:
    """The sort is stable: the files of one folder stay in the order of their names."""
    ranks = [rank for rank, folder in enumerate(SLOWEST_FIRST) if file.is_relative_to(ROOT / folder)]
    return ranks[0] if ranks else len(SLOWEST_FIRST)


@pytest.fixture(scope="session")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A replica set; the URL names no database."""
    with backends.mongodb_of_the_run(tmp_path_factory.getbasetemp().parent) as url:
        yield url


@pytest.fixture
def database_url(mongodb_url: str) -> Iterator[str]:
    """An empty database of this test's own. After the test, all that it holds must be as declared."""
    with a_database(mongodb_url) as url:
        yield url


@pytest.fixture(scope="session")
def _reused_database(mongodb_url: str) -> Iterator[Reused | None]:
    with reused(mongodb_url) as database:
        yield database


@pytest.fixture
def prepared_url(mongodb_url: str, _reused_database: Reused | None) -> Iterator[str]:
    """An empty database with all declared indexes: for tests that change no index and kill no process."""
    with _reused_database.lent() if _reused_database else a_database(mongodb_url) as url:
        yield url


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    with backends.aws() as url:
        yield url


@pytest.fixture
def aws_environment(aws_url: str) -> dict[str, str]:
    """The variables that lead a process to the AWS server."""
    return ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_url}


@pytest.fixture(scope="session")
def second_kinesis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a Kinesis that is not the AWS server's."""
    with backends.second_kinesis(tmp_path_factory.getbasetemp().parent) as url:
        yield url


@pytest.fixture(scope="session")
def second_sqs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of an SQS that is not the AWS server's."""
    with backends.second_sqs(tmp_path_factory.getbasetemp().parent) as url:
        yield url


@pytest.fixture(scope="session")
def moto_sqs_url(aws_url: str) -> Iterator[str]:
    """Of the AWS server, which gets one request after the other."""
    with aws_proxy(aws_url, in_turn=True) as proxy:
        yield proxy.url


@pytest.fixture(params=SQS)
def sqs_url(request: pytest.FixtureRequest) -> str:
    """Of each server that plays SQS."""
    url: str = request.getfixturevalue(SQS[request.param])
    return url


@pytest.fixture(scope="session")
def kafka_servers() -> Iterator[str]:
    with backends.kafka() as servers:
        yield servers


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A broker with TLS, users and rights."""
    with backends.apache_kafka(tmp_path_factory.getbasetemp().parent) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def apache_kafka_servers(request: pytest.FixtureRequest) -> str:
    """A broker without TLS that is Apache Kafka, not the mock cluster."""
    if servers := os.environ.get("FANGATE_TEST_KAFKA_SERVERS"):
        return servers
    kafka: ApacheKafka = request.getfixturevalue("apache_kafka")
    return kafka.servers


@pytest.fixture(scope="session")
def _mock_cluster() -> Iterator[MockCluster]:
    if packaged_kafka() is None:
        backends.unavailable("a Kafka that can be told to fail: install confluent-kafka")
    with mock_cluster() as cluster:
        yield cluster


@pytest.fixture
def failing_kafka(_mock_cluster: MockCluster) -> Iterator[MockCluster]:
    """Three brokers, all well before and after the test, that it may tell to fail meanwhile."""
    yield _mock_cluster
    _mock_cluster.heal()


@pytest.fixture
def failing_aws(aws_url: str) -> Iterator[AwsProxy]:
    """The AWS server behind a proxy that may be told to fail."""
    with aws_proxy(aws_url) as proxy:
        yield proxy


@pytest.fixture(params=KINESIS)
def failing_kinesis(request: pytest.FixtureRequest) -> Iterator[AwsProxy]:
    """Each server that plays Kinesis, behind a proxy that may be told to fail."""
    with aws_proxy(request.getfixturevalue(KINESIS[request.param])) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Campaigns, accounts and files of codes in a folder, and an SMS gateway."""
    with neighbour(lambda _: Reply(202, {})) as gateway:
        yield Platform(tmp_path_factory.mktemp("platform"), gateway)
