"""Random sequences of operations over every store: see ``lifecycle``."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.memory.codes import MemoryCodeStore, MemoryImportLog
from domain.model.ids import CampaignId
from tests.contracts.codes.conftest import Stores, open_mongo
from tests.contracts.codes.lifecycle import Lifecycle

STORIES = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """An event loop that the machine, which is not async, can step."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


def tell_stories(runner: asyncio.Runner, stores: Stores, *, examples: int, steps: int) -> None:
    numbers = count()

    class Story(Lifecycle):
        def __init__(self) -> None:
            super().__init__(runner, stores, CampaignId(f"tour-{next(numbers)}"))

    run_state_machine_as_test(Story, settings=settings(STORIES, max_examples=examples, stateful_step_count=steps))


def test_the_lifecycle_in_memory(runner: asyncio.Runner) -> None:
    store = MemoryCodeStore()
    stores = Stores(pool=store, catalogue=store, imports=MemoryImportLog(), health=store)
    tell_stories(runner, stores, examples=200, steps=50)


def test_the_lifecycle_in_mongo(runner: asyncio.Runner, database_url: str) -> None:
    stack = AsyncExitStack()
    stores = runner.run(open_mongo(database_url, stack))
    try:
        tell_stories(runner, stores, examples=60, steps=40)
    finally:
        runner.run(stack.aclose())
