"""The world around the service, and a database whose primary may be killed."""

import uuid
from collections.abc import Iterator

import pytest

from tests.acceptance_entries.world import World, a_world
from tests.servers.backends import unavailable
from tests.servers.mongod import ReplicaSet, packaged_mongod, replica_set


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
