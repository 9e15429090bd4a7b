"""Real servers, started once a session, each test in a database or bucket of its own."""

import uuid
from collections.abc import Iterator
from typing import Any

import pymongo
import pytest

from tests.servers import backends
from tests.servers.aws import ENVIRONMENT


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """A replica set; the URL names no database."""
    with backends.mongodb() as url:
        yield url


@pytest.fixture
def database_url(mongodb_url: str) -> Iterator[str]:
    """An empty database of this test's own."""
    name = f"test_{uuid.uuid4().hex}"
    before, _, query = mongodb_url.partition("?")
    yield f"{before}{name}?{query}"
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(mongodb_url) as client:
        client.drop_database(name)


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    with backends.aws() as url:
        yield url


@pytest.fixture
def aws_environment(aws_url: str) -> dict[str, str]:
    """The variables that lead a process to the AWS server."""
    return ENVIRONMENT | {"AWS_ENDPOINT_URL": aws_url}
