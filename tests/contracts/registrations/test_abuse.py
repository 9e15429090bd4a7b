"""No fan and no number exceeds its limit, over every store: see ``abuse``."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count

from tests.contracts.registrations.abuse import Abuse, a_house
from tests.contracts.registrations.entry_adapters import in_memory, in_mongo
from tests.contracts.registrations.entry_stores import EntryPorts
from tests.contracts.stories import story_runner, tell_stories


def _tell(runner: asyncio.Runner, ports: EntryPorts, *, examples: int, steps: int) -> None:
    stories = count()

    def begin() -> Abuse:
        story = next(stories)
        return Abuse(runner, a_house(ports, 10 if story % 2 else 7), story)

    tell_stories(begin, examples=examples, steps=steps)


def test_any_number_of_accounts_in_memory() -> None:
    with story_runner() as runner:
        _tell(runner, in_memory(), examples=30, steps=40)


def test_any_number_of_accounts_in_mongo(prepared_url: str) -> None:
    stack = AsyncExitStack()
    with story_runner() as runner:
        ports = runner.run(in_mongo(prepared_url, stack))
        try:
            _tell(runner, ports, examples=12, steps=25)
        finally:
            runner.run(stack.aclose())
