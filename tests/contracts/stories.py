"""Random sequences of operations, told step by step over a store that is async."""

import asyncio
from collections.abc import Callable
from typing import cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

STORIES = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)


def story_runner() -> asyncio.Runner:
    """An event loop that the machine, which is not async, can step."""
    return asyncio.Runner(loop_factory=asyncio.new_event_loop)


def tell_stories(begin: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """``begin`` makes the machine of each story."""
    machine = cast(type[RuleBasedStateMachine], begin)  # It takes any factory, whatever its type says.
    limits = settings(STORIES, max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(machine, settings=limits)
