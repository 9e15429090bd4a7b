"""Reserving (REQ-003, REQ-007, "Reservation Logic")."""

import pytest

from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from tests.support.codes import ANN, DAY, EXTERNAL, MINE, NOON, THEIRS, TICK, TM, TOUR
from tests.usecases.codes.inventory import Inventory


async def test_reserved_codes_are_held_for_a_day(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C")

    reservation = await inventory.reserve(2)

    assert len(set(reservation.codes)) == 2
    assert set(reservation.codes) < {"A", "B", "C"}
    assert (reservation.campaign_id, reservation.type, reservation.reserve_id) == (TOUR, TM, MINE)
    assert (reservation.reserved_at, reservation.expires_at) == (NOON, NOON + DAY)
    assert (await inventory.count(TOUR)).total.reserved == 2


async def test_without_a_reserve_id_each_reservation_gets_a_new_one(inventory: Inventory) -> None:
    await inventory.stock("A", "B")

    first = await inventory.reserve(reserve_id=None)
    second = await inventory.reserve(reserve_id=None)

    assert first.reserve_id != second.reserve_id
    assert first.codes != second.codes


async def test_a_repeat_with_the_same_reserve_id_returns_the_same_codes_and_times(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C", "D")
    first = await inventory.reserve(2)

    inventory.clock.advance(DAY - TICK)

    assert await inventory.reserve(2) == first
    assert (await inventory.count(TOUR)).total.reserved == 2


async def test_a_repeat_with_the_same_reserve_id_after_an_assignment_returns_the_same(
    inventory: Inventory,
) -> None:
    await inventory.stock("A", "B", "C", "D")
    first = await inventory.reserve(2)
    await inventory.assign((first.codes[0], ANN))

    assert await inventory.reserve(2) == first


async def test_the_same_reserve_id_for_another_count_or_type_is_a_mismatch(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C", "D")
    await inventory.stock("E", "F", type=EXTERNAL)
    await inventory.reserve(2)

    with pytest.raises(ReservationMismatch):
        await inventory.reserve(3)
    with pytest.raises(ReservationMismatch):
        await inventory.reserve(2, type=EXTERNAL)
    assert (await inventory.count(TOUR)).total.reserved == 2


async def test_the_reserve_id_of_a_lapsed_reservation_can_be_used_again(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C")
    await inventory.reserve(2)

    inventory.clock.advance(DAY)
    second = await inventory.reserve(3)

    assert set(second.codes) == {"A", "B", "C"}
    assert second.reserved_at == NOON + DAY


async def test_with_too_few_codes_no_code_is_held(inventory: Inventory) -> None:
    await inventory.stock("A", "B")

    with pytest.raises(CodesExhausted) as refused:
        await inventory.reserve(3)

    assert refused.value.context == {"available": 2}
    assert (await inventory.count(TOUR)).total.available == 2


async def test_each_type_has_its_own_pool(inventory: Inventory) -> None:
    """REQ-002, "Code Type Separation"."""
    await inventory.stock("A")
    await inventory.stock("E", type=EXTERNAL)

    assert (await inventory.reserve(type=EXTERNAL)).codes == ("E",)
    with pytest.raises(CodesExhausted):
        await inventory.reserve(type=EXTERNAL, reserve_id=THEIRS)
    assert (await inventory.reserve(reserve_id=THEIRS)).codes == ("A",)


@pytest.mark.parametrize("swept", [True, False])
async def test_a_lapsed_code_is_available_to_others_swept_or_not(inventory: Inventory, *, swept: bool) -> None:
    """REQ-003: codes that were reserved more than 24 hours ago are available."""
    await inventory.stock("A")
    await inventory.reserve()

    inventory.clock.advance(DAY - TICK)
    with pytest.raises(CodesExhausted):
        await inventory.reserve(reserve_id=THEIRS)

    inventory.clock.advance(TICK)
    if swept:
        assert await inventory.sweep() == 1
    assert (await inventory.reserve(reserve_id=THEIRS)).codes == ("A",)


async def test_released_codes_are_available_again_and_assigned_ones_are_not(inventory: Inventory) -> None:
    await inventory.stock("A", "B")
    await inventory.reserve(2)
    await inventory.assign(("A", ANN))
    await inventory.release("B")

    assert (await inventory.reserve(reserve_id=THEIRS)).codes == ("B",)
    inventory.clock.advance(99 * DAY)
    assert (await inventory.reserve(reserve_id=MINE)).codes == ("B",)
    with pytest.raises(CodesExhausted):
        await inventory.reserve(reserve_id=THEIRS)
