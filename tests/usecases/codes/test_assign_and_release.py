"""Assigning and releasing ("Code Status Lifecycle")."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from adapters.memory.codes import MemoryCodeStore
from domain.model.codes.code import Refusal
from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, ReserveId
from domain.usecases.codes.assign_codes import Assigned, Assignment, NotAssigned
from domain.usecases.codes.release_codes import NotReleased
from tests.support.codes import ANN, BOB, DAY, MINE, NOON, STAFF, THEIRS, TICK, TOUR
from tests.usecases.codes.inventory import Inventory


async def test_a_held_code_is_assigned_to_a_fan(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    inventory.clock.advance(TICK)

    assert await inventory.assign(("A", ANN)) == [
        Assigned(assignment=Assignment(code="A", user_id=ANN), at=NOON + TICK)
    ]
    assert (await inventory.count(TOUR)).total.assigned == 1


async def test_each_code_is_decided_separately_in_the_order_of_the_request(inventory: Inventory) -> None:
    await inventory.stock("MINE")
    await inventory.reserve()
    await inventory.stock("THEIRS")
    await inventory.reserve(reserve_id=THEIRS)
    await inventory.stock("FREE")

    results = await inventory.assign(("NONE", ANN), ("THEIRS", ANN), ("MINE", ANN), ("FREE", ANN))

    assert [getattr(result, "reason", "assigned") for result in results] == [
        Refusal.NOT_FOUND,
        Refusal.RESERVED_BY_ANOTHER,
        "assigned",
        Refusal.NOT_RESERVED,
    ]
    assert [result.assignment.code for result in results] == ["NONE", "THEIRS", "MINE", "FREE"]


async def test_a_repeat_for_the_same_fan_returns_the_first_time(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    first = await inventory.assign(("A", ANN))

    inventory.clock.advance(2 * DAY)

    assert await inventory.assign(("A", ANN)) == first


async def test_another_fan_is_refused_for_ever(inventory: Inventory) -> None:
    """No code is ever assigned twice."""
    await inventory.stock("A")
    await inventory.reserve()
    await inventory.assign(("A", ANN))

    refused = [NotAssigned(assignment=Assignment(code="A", user_id=BOB), reason=Refusal.ASSIGNED_TO_ANOTHER)]
    assert await inventory.assign(("A", BOB)) == refused
    inventory.clock.advance(99 * DAY)
    assert await inventory.assign(("A", BOB)) == refused


async def test_one_code_for_two_fans_in_one_request_changes_nothing(inventory: Inventory) -> None:
    await inventory.stock("A", "B")
    await inventory.reserve(2)

    with pytest.raises(InvalidValue) as refused:
        await inventory.assign(("B", ANN), ("A", ANN), ("A", BOB))

    assert refused.value.field == "assignments.2.code"
    assert (await inventory.count(TOUR)).total.assigned == 0


async def test_one_code_twice_for_one_fan_is_assigned_once(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()

    first, second = await inventory.assign(("A", ANN), ("A", ANN))

    assert isinstance(first, Assigned)
    assert first == second


@pytest.mark.parametrize("swept", [True, False])
async def test_a_lapsed_hold_can_neither_be_assigned_nor_released(inventory: Inventory, *, swept: bool) -> None:
    """REQ-003: before and after a sweep."""
    await inventory.stock("A")
    await inventory.reserve()
    inventory.clock.advance(DAY)
    if swept:
        await inventory.sweep()

    (result,) = await inventory.assign(("A", ANN))
    released = await inventory.release("A")

    assert isinstance(result, NotAssigned)
    assert result.reason is Refusal.EXPIRED
    assert (released.count, released.rejected) == (0, [NotReleased(code="A", reason=Refusal.EXPIRED)])


async def test_a_hold_can_be_assigned_until_the_last_instant(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    inventory.clock.advance(DAY - TICK)

    (result,) = await inventory.assign(("A", ANN))

    assert isinstance(result, Assigned)


async def test_named_codes_are_released_and_the_others_stay_held(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C")
    await inventory.reserve(3)

    released = await inventory.release("A", "C")

    assert (released.count, released.rejected) == (2, [])
    assert list(await inventory.store.held(TOUR, MINE, NOON)) == ["B"]


async def test_without_named_codes_all_held_codes_are_released(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C")
    await inventory.reserve(3)
    await inventory.assign(("B", ANN))

    released = await inventory.release()

    assert (released.count, released.rejected) == (2, [])
    total = (await inventory.count(TOUR)).total
    assert (total.available, total.assigned) == (2, 1)


async def test_a_repeated_release_releases_nothing(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    await inventory.release()

    assert (await inventory.release()).count == 0
    again = await inventory.release("A")
    assert (again.count, again.rejected) == (0, [NotReleased(code="A", reason=Refusal.NOT_RESERVED)])


async def test_a_code_named_twice_is_released_once(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()

    released = await inventory.release("A", "A")

    assert (released.count, released.rejected) == (1, [])


async def test_codes_that_cannot_be_released_are_listed_with_the_reason(inventory: Inventory) -> None:
    """ "Assigned" codes are permanent and cannot be released."""
    await inventory.stock("GIVEN")
    await inventory.reserve()
    await inventory.assign(("GIVEN", ANN))
    await inventory.stock("THEIRS")
    await inventory.reserve(reserve_id=THEIRS)
    await inventory.stock("FREE")

    released = await inventory.release("GIVEN", "THEIRS", "FREE", "NONE")

    assert released.count == 0
    assert [(each.code, each.reason) for each in released.rejected] == [
        ("GIVEN", Refusal.ASSIGNED),
        ("THEIRS", Refusal.RESERVED_BY_ANOTHER),
        ("FREE", Refusal.NOT_RESERVED),
        ("NONE", Refusal.NOT_FOUND),
    ]


class Overtaken(MemoryCodeStore):
    """Another caller assigns a code between ``held`` and the release."""

    async def held(self, campaign_id: CampaignId, reserve_id: ReserveId, now: datetime) -> Sequence[str]:
        codes = await super().held(campaign_id, reserve_id, now)
        await self.change(campaign_id, codes[:1], lambda code: code.assign(reserve_id, ANN, now, STAFF))
        return codes


async def test_a_release_of_all_codes_does_not_list_a_code_that_was_assigned_in_the_meantime(
    inventory: Inventory,
) -> None:
    """The caller did not name that code, so it is not listed as refused."""
    inventory.store = Overtaken()
    await inventory.stock("A", "B")
    await inventory.reserve(2)

    released = await inventory.release()

    assert (released.count, released.rejected) == (1, [])
    total = (await inventory.count(TOUR)).total
    assert (total.available, total.assigned) == (1, 1)
