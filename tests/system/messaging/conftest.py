"""The world around the service, and a database with a primary that may be killed.

Each test has a deployment of its own: what it kills and breaks concerns no other test.
"""

import uuid
from collections.abc import Iterator

import pytest

from tests.support.servers.aws import ENVIRONMENT
from tests.support.servers.backends import unavailable
from tests.support.servers.mongod import ReplicaSet, packaged_mongod, replica_set
from tests.support.world import World, a_world
from tests.system.messaging.deployment import Deployment, a_deployment


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def name() -> str:
    """Of a stream or topic of this test's own."""
    return f"entries-{uuid.uuid4().hex}"


@pytest.fixture
def three_nodes() -> Iterator[ReplicaSet]:
    if packaged_mongod() is None:
        unavailable("three MongoDB nodes that may be killed: use Linux on x86-64")
    with replica_set(3) as nodes:
        yield nodes


@pytest.fixture
def deployment(database_url: str, aws_environment: dict[str, str]) -> Iterator[Deployment]:
    with a_deployment(database_url, aws_environment) as running:
        yield running


@pytest.fixture
def deployment_on_elasticmq(database_url: str, second_sqs_url: str) -> Iterator[Deployment]:
    with a_deployment(database_url, ENVIRONMENT | {"AWS_ENDPOINT_URL": second_sqs_url}) as running:
        yield running
