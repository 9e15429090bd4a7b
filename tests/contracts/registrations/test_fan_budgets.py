"""What every FanBudgets promises."""

import asyncio
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
