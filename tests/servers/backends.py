"""Where a test's real server comes from: a URL in the environment, Docker, or the packaged server, in this order.

What is nowhere to be had is skipped, loudly; in CI, which declares every backend, that is a failure.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
import pytest
from testcontainers.core.container import DockerContainer

from tests.servers.aws import aws_server
from tests.servers.mongod import packaged_mongod, replica_set

DOCKER_SOCKET = Path("/var/run/docker.sock")


def unavailable(what: str) -> None:
    """Skip the test; where CI is set, fail it."""
    message = f"BACKEND MISSING: {what}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def mongodb() -> Iterator[str]:
    """The URL of a replica set, without a database."""
    if url := os.environ.get("FANGATE_TEST_MONGODB_URL"):
        yield url
    elif _docker_answers():
        with _mongodb_in_docker() as url:
            yield url
    elif packaged_mongod():
        with replica_set() as nodes:
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


def _docker_answers() -> bool:
    if sys.platform != "win32" and "DOCKER_HOST" not in os.environ and not DOCKER_SOCKET.exists():
        return False  # Asked all the same, docker-py would leave its half-open socket behind.
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
