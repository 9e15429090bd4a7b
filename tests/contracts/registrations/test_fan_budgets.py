"""What every FanBudgets promises."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.model.registrations.budgets import FanLimits, FanUsage, NumberDigest
from domain.model.registrations.errors import BudgetUsedUp
from tests.contracts.registrations.entry_stores import NOW, TOUR, EntryPorts, fan

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

LIMITS = FanLimits(numbers_per_day=10, codes_per_day=10)


def number(of: int) -> NumberDigest:
    return NumberDigest(f"digest-{of}")


async def test_an_unknown_fan_has_used_nothing(entry_ports: EntryPorts) -> None:
    assert await entry_ports.budgets.usage(fan(1)) == FanUsage()


async def test_what_a_fan_has_used_is_stored_for_that_fan(entry_ports: EntryPorts) -> None:
    def use(usage: FanUsage) -> FanUsage:
        used = usage.use(TOUR, number(1), LIMITS, NOW).exhaust(NOW)
        return used.send(number(1), LIMITS, NOW)[0]

    await entry_ports.budgets.change(fan(1), use)
    await entry_ports.budgets.change(fan(1), lambda usage: usage.use(TOUR, number(2), LIMITS, NOW))

    expected = use(FanUsage()).use(TOUR, number(2), LIMITS, NOW)
    assert await entry_ports.budgets.usage(fan(1)) == expected
    assert await entry_ports.budgets.usage(fan(2)) == FanUsage()


async def test_a_refused_change_leaves_everything_as_it_is(entry_ports: EntryPorts) -> None:
    for _ in range(5):
        await entry_ports.budgets.change(fan(1), lambda usage: usage.exhaust(NOW))
    before = await entry_ports.budgets.usage(fan(1))

    with pytest.raises(BudgetUsedUp):
        await entry_ports.budgets.change(fan(1), lambda usage: usage.exhaust(NOW))

    assert await entry_ports.budgets.usage(fan(1)) == before


async def test_forty_changes_at_once_are_made_one_after_the_other(entry_ports: EntryPorts) -> None:
    """Each change sees what earlier ones used: five numbers are accepted, and no more."""

    async def tried(of: int) -> bool:
        now = NOW + timedelta(milliseconds=of)
        try:
            await entry_ports.budgets.change(fan(1), lambda usage: usage.use(TOUR, number(of), LIMITS, now))
        except BudgetUsedUp:
            return False
        return True

    taken = await asyncio.gather(*(tried(of) for of in range(40)))

    assert sum(taken) == 5
    assert len((await entry_ports.budgets.usage(fan(1))).numbers) == 5


async def test_two_processes_see_what_the_other_has_counted(entry_peers: tuple[EntryPorts, EntryPorts]) -> None:
    """Also where a process has just written the usage itself: what it remembers may be outdated."""
    first, second = entry_peers

    for of in range(5):
        budgets = (first if of % 2 else second).budgets
        await budgets.change(fan(1), lambda usage, of=of: usage.use(TOUR, number(of), LIMITS, NOW))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    for peer in entry_peers:
        with pytest.raises(BudgetUsedUp):
            await peer.budgets.change(fan(1), lambda usage: usage.use(TOUR, number(5), LIMITS, NOW))

    used = await first.budgets.usage(fan(1))
    assert [use.number for use in used.numbers] == [number(of) for of in range(5)]


async def test_a_refusal_is_of_what_is_stored_now(entry_peers: tuple[EntryPorts, EntryPorts]) -> None:
    """The first process has just seen five failures; the second has taken them back since."""
    first, second = entry_peers
    for _ in range(5):
        await first.budgets.change(fan(1), lambda usage: usage.exhaust(NOW))
    await second.budgets.change(fan(1), lambda usage: replace(usage, exhausted=()))

    await first.budgets.change(fan(1), lambda usage: usage.exhaust(NOW))

    assert (await second.budgets.usage(fan(1))).exhausted == (NOW,)


async def test_forty_changes_in_two_processes_pass_no_limit(entry_peers: tuple[EntryPorts, EntryPorts]) -> None:
    async def tried(of: int) -> bool:
        now = NOW + timedelta(milliseconds=of)
        try:
            await entry_peers[of % 2].budgets.change(
                fan(1), lambda usage: usage.use(TOUR, number(of), LIMITS, now)
            )
        except BudgetUsedUp:
            return False
        return True

    taken = await asyncio.gather(*(tried(of) for of in range(40)))

    assert sum(taken) == 5
