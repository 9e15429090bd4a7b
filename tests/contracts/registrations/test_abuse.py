"""No fan and no number exceeds its limit, over every store: see ``abuse``."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.registrations.abuse import Abuse, a_house
from tests.contracts.registrations.entry_adapters import in_memory, in_mongo
from tests.contracts.registrations.entry_stores import EntryPorts

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


def tell_stories(runner: asyncio.Runner, ports: EntryPorts, *, examples: int, steps: int) -> None:
    stories = count()

    class Story(Abuse):
        def __init__(self) -> None:
            story = next(stories)
            super().__init__(runner, a_house(ports, 10 if story % 2 else 7), story)

    run_state_machine_as_test(Story, settings=settings(STORIES, max_examples=examples, stateful_step_count=steps))


def test_any_number_of_accounts_in_memory(runner: asyncio.Runner) -> None:
    tell_stories(runner, in_memory(), examples=100, steps=40)


def test_any_number_of_accounts_in_mongo(runner: asyncio.Runner, database_url: str) -> None:
    stack = AsyncExitStack()
    ports = runner.run(in_mongo(database_url, stack))
    try:
        tell_stories(runner, ports, examples=12, steps=25)
    finally:
        runner.run(stack.aclose())
