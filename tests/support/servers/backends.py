"""Where a test's real server comes from: a URL in the environment, Docker, or the packaged server, in this order.

A test without a server is skipped with a message; in CI, which declares every backend, it fails.
"""

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pymongo
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.support.servers.apache_kafka import machines
from tests.support.servers.apache_kafka.archive import archived
from tests.support.servers.apache_kafka.brokers import ApacheKafka, Cluster, cluster
from tests.support.servers.apache_kafka.machines import JavaContainer, JavaProcess, Machine
from tests.support.servers.apache_kafka.properties import LISTENERS
from tests.support.servers.aws import aws_server
from tests.support.servers.elasticmq import server as elastic
from tests.support.servers.java import packaged_jars, packaged_java
from tests.support.servers.kafka import mock_cluster, packaged_kafka
from tests.support.servers.kinesis_local import kinesis_local, kinesis_local_in_docker, packaged_kinesis
from tests.support.servers.mongod import packaged_mongod, place_in_memory, replica_set
from tests.support.servers.ports import free_port
from tests.support.servers.shared import once_a_run

DOCKER_SOCKET = Path("/var/run/docker.sock")


def unavailable(what: str) -> None:
    """Skip the test; where CI is set, fail it."""
    message = f"BACKEND MISSING: {what}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def mongodb_of_the_run(folder: Path) -> Iterator[str]:
    """As ``mongodb``, in memory where there is room; ``folder`` is of all processes of the run, which share it."""
    with once_a_run(folder, "mongodb", partial(mongodb, place_in_memory())) as url:
        yield url


@contextmanager
def mongodb(place: Path | None = None) -> Iterator[str]:
    """The URL of a replica set, without a database; ``place`` is for the data of a packaged one."""
    if url := os.environ.get("FANGATE_TEST_MONGODB_URL"):
        yield url
    elif _docker_answers():
        with _mongodb_in_docker() as url:
            yield url
    elif packaged_mongod():
        with replica_set(place=place) as nodes:
            yield nodes.url("")
    else:
        unavailable("MongoDB: set FANGATE_TEST_MONGODB_URL, start Docker, or use Linux on x86-64")


@contextmanager
def aws() -> Iterator[str]:
    """The endpoint of something that speaks S3, SQS, SNS and Kinesis."""
    if url := os.environ.get("FANGATE_TEST_AWS_URL"):
        yield url
    else:
        with aws_server() as url:
            yield url


@contextmanager
def second_kinesis(folder: Path) -> Iterator[str]:
    """The endpoint of another Kinesis; ``folder`` is of all processes of the run, which share the server."""
    with once_a_run(folder, "kinesis", _second_kinesis) as url:
        yield url


@contextmanager
def second_sqs(folder: Path) -> Iterator[str]:
    """The endpoint of another SQS; ``folder`` is of all processes of the run, which share the server."""
    with once_a_run(folder, "sqs", _second_sqs) as url:
        yield url


@contextmanager
def _second_kinesis() -> Iterator[str]:
    if url := os.environ.get("FANGATE_TEST_KINESIS_URL"):
        yield url
    elif _docker_answers():
        with kinesis_local_in_docker() as url:
            yield url
    elif program := packaged_kinesis():
        with kinesis_local(program) as url:
            yield url
    else:
        unavailable(
            "a second Kinesis: set FANGATE_TEST_KINESIS_URL, start Docker, or install Node.js and run npm ci"
        )


@contextmanager
def _second_sqs() -> Iterator[str]:
    if url := os.environ.get("FANGATE_TEST_SQS_URL"):
        yield url
    elif _docker_answers():
        with elastic.elasticmq_container() as url:
            yield url
    elif (java := packaged_java()) and (jars := packaged_jars(elastic.POM, elastic.ARTIFACT)):
        with elastic.elasticmq_process(java, jars) as url:
            yield url
    else:
        unavailable("a second SQS: set FANGATE_TEST_SQS_URL, start Docker, or install Maven and Java 17 or later")


@contextmanager
def kafka() -> Iterator[str]:
    """The brokers of a Kafka, ``host:port[,host:port]``, that makes topics as they are asked for."""
    if servers := os.environ.get("FANGATE_TEST_KAFKA_SERVERS"):
        yield servers
    elif _docker_answers():
        with _kafka_in_docker() as servers:
            yield servers
    elif packaged_kafka():
        with mock_cluster() as cluster:
            yield cluster.servers
    else:
        unavailable("Kafka: set FANGATE_TEST_KAFKA_SERVERS, start Docker, or install confluent-kafka")


@contextmanager
def apache_kafka(folder: Path) -> Iterator[ApacheKafka]:
    """One broker with TLS, users and rights; ``folder`` is of all processes of the run, which share the broker."""

    @contextmanager
    def start() -> Iterator[Any]:
        with apache_kafka_cluster(1) as running:
            yield running.kafka.described()

    with once_a_run(folder, "apache-kafka", start) as description:
        yield ApacheKafka.from_description(description)


@contextmanager
def apache_kafka_cluster(count: int, listeners: Collection[str] = tuple(LISTENERS)) -> Iterator[Cluster]:
    """Brokers that a test may kill."""
    make: Callable[[Path], Machine] | None = None
    if sys.platform == "linux" and _docker_answers():  # Elsewhere containers have a network of their own.
        make = JavaContainer
    elif (java := packaged_java()) and (jars := packaged_jars(machines.POM, machines.ARTIFACT)):
        make = partial(JavaProcess, java, jars, archived(java, jars))
    if make is None:
        unavailable("Apache Kafka: start Docker, or install Maven and Java 17 or later")
        return
    with cluster(make, count, listeners) as running:
        yield running


def _docker_answers() -> bool:
    if sys.platform != "win32" and "DOCKER_HOST" not in os.environ and not DOCKER_SOCKET.exists():
        return False  # Without a daemon, docker-py would leave its half-open socket behind.
    try:
        import docker  # noqa: PLC0415  # comes with testcontainers

        docker.from_env(timeout=2).ping()
    except Exception:  # noqa: BLE001  # no engine, no permission, no socket: all the same to us
        return False
    return True


@contextmanager
def _mongodb_in_docker() -> Iterator[str]:
    container = DockerContainer("mongo:8.0").with_command("--replSet rs0 --bind_ip_all").with_exposed_ports(27017)
    with container:
        url = f"mongodb://{container.get_container_host_ip()}:{container.get_exposed_port(27017)}/"
        client: pymongo.MongoClient[dict[str, Any]]
        with pymongo.MongoClient(f"{url}?directConnection=true", serverSelectionTimeoutMS=60_000) as client:
            member = {"_id": 0, "host": "127.0.0.1:27017"}
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
        yield f"{url}?directConnection=true"


@contextmanager
def _kafka_in_docker() -> Iterator[str]:
    port = free_port()  # The broker sends its address to its clients, so it must know it before it starts.
    container = (
        DockerContainer("apache/kafka:4.1.1")
        .with_bind_ports(9092, port)
        .with_env("KAFKA_NODE_ID", "1")
        .with_env("KAFKA_PROCESS_ROLES", "broker,controller")
        .with_env("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
        .with_env("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .with_env("KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093")
        .with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://127.0.0.1:{port}")
        .with_env("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT")
        .with_env("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
        .with_env("KAFKA_NUM_PARTITIONS", "4")
        .waiting_for(LogMessageWaitStrategy("Kafka Server started"))
    )
    with container:
        yield f"127.0.0.1:{port}"
