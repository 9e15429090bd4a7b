"""Random sequences of operations over every store: see ``lifecycle``."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count

from adapters.memory.codes import MemoryCodeStore
from adapters.memory.imports import MemoryImportLog
from domain.model.ids import CampaignId
from tests.contracts.codes.conftest import Stores, open_mongo
from tests.contracts.codes.lifecycle import Lifecycle
from tests.contracts.stories import story_runner, tell_stories


def _tell(runner: asyncio.Runner, stores: Stores, *, examples: int, steps: int) -> None:
    numbers = count()

    def begin() -> Lifecycle:
        return Lifecycle(runner, stores, CampaignId(f"tour-{next(numbers)}"))

    tell_stories(begin, examples=examples, steps=steps)


def test_the_lifecycle_in_memory() -> None:
    store = MemoryCodeStore()
    stores = Stores(pool=store, catalogue=store, imports=MemoryImportLog(), health=store)
    with story_runner() as runner:
        _tell(runner, stores, examples=100, steps=50)


def test_the_lifecycle_in_mongo(prepared_url: str) -> None:
    stack = AsyncExitStack()
    with story_runner() as runner:
        stores = runner.run(open_mongo(prepared_url, stack))
        try:
            _tell(runner, stores, examples=40, steps=40)
        finally:
            runner.run(stack.aclose())
