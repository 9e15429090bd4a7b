"""One world, and two services in it that the tests of this folder share; each test has campaigns of its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest

from tests.support.stored import a_database
from tests.support.world import World, a_world
from tests.system.registrations.stage import Stage, a_stage

GENEROUS: Final = {"FANGATE_SMS_PER_HOUR": "1000", "FANGATE_SMS_PER_DAY": "1000"}


@pytest.fixture(scope="session")
def everyone() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.fixture
def world(everyone: World) -> Iterator[World]:
    """Whatever a test does to them, for the next one all neighbours are well again."""
    yield everyone
    everyone.be_well()


@pytest.fixture(scope="session")
def shared_database_url(mongodb_url: str) -> Iterator[str]:
    with a_database(mongodb_url) as url:
        yield url


@pytest.fixture(scope="session")
async def crowded(everyone: World, shared_database_url: str) -> AsyncIterator[Stage]:
    """Two services, and numbers that may be sent as many codes as a test needs."""
    async with a_stage(everyone, shared_database_url, GENEROUS, services=2) as stage:
        yield stage


@pytest.fixture(scope="session")
async def strict(everyone: World, shared_database_url: str) -> AsyncIterator[Stage]:
    """One service, and everything else as it comes."""
    async with a_stage(everyone, shared_database_url) as stage:
        yield stage
