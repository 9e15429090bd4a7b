"""What every CodePool promises of ``claim``, one caller at a time; the races are elsewhere."""

import pytest

from domain.model.codes.code import CodeEvent
from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.codes.inventory import StatusCounts
from tests.contracts.codes.conftest import Stores
from tests.contracts.codes.moves import assign, release
from tests.support.codes import (
    ANN,
    DAY,
    EXTERNAL,
    MINE,
    NOON,
    THEIRS,
    TICK,
    TM,
    TOUR,
    a_batch,
    a_claim,
    texts,
)


async def test_a_claim_holds_as_many_codes_as_asked(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 10)))

    reservation = await stores.pool.claim(a_claim(4))

    assert len(set(reservation.codes)) == 4
    assert (reservation.reserved_at, reservation.expires_at) == (NOON, NOON + DAY)
    assert sorted(await stores.pool.held(TOUR, MINE, NOON)) == sorted(reservation.codes)
    assert (await stores.catalogue.count(TOUR, NOON))[TM] == StatusCounts(available=6, reserved=4)


async def test_the_largest_claim_is_served(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 1_000)))

    reservation = await stores.pool.claim(a_claim(1_000))

    assert sorted(reservation.codes) == texts("A", 1_000)


async def test_a_claim_that_cannot_be_filled_holds_nothing(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B"]))

    for chosen in (True, False):
        with pytest.raises(CodesExhausted) as refused:
            await stores.pool.claim(a_claim(3, chosen=chosen))
        assert refused.value.context == {"available": 2}

    assert (await stores.catalogue.count(TOUR, NOON))[TM] == StatusCounts(available=2)


async def test_a_claim_that_cannot_be_filled_leaves_no_trace_in_the_history(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B"]))

    with pytest.raises(CodesExhausted):
        await stores.pool.claim(a_claim(3))

    for text in ("A", "B"):
        code = await stores.catalogue.get(TOUR, text)
        assert code is not None
        assert code.transitions == ()


async def test_codes_of_the_other_type_are_not_given(stores: Stores) -> None:
    """REQ-002."""
    await stores.pool.add(a_batch(["A"], type=EXTERNAL))

    with pytest.raises(CodesExhausted) as refused:
        await stores.pool.claim(a_claim())
    assert refused.value.context == {"available": 0, "total": 0}
    assert "import" in refused.value.detail


async def test_a_living_reservation_answers_again_the_same(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 9)))
    first = await stores.pool.claim(a_claim(3))
    await assign(stores, first.codes[1], ANN)

    again = await stores.pool.claim(a_claim(3, at=NOON + DAY - TICK))

    assert again == first


async def test_a_reservation_with_empty_positions_is_filled_up_and_keeps_its_times(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 9)))
    first = await stores.pool.claim(a_claim(3))
    await release(stores, first.codes[1])

    again = await stores.pool.claim(a_claim(3, at=NOON + TICK))

    assert len(set(again.codes)) == 3
    assert (again.codes[0], again.codes[2]) == (first.codes[0], first.codes[2])
    assert (again.reserved_at, again.expires_at) == (NOON, NOON + DAY)


async def test_a_reservation_that_cannot_be_filled_up_stays_as_it_was(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B", "C"]))
    first = await stores.pool.claim(a_claim(3))
    await release(stores, first.codes[1])
    await stores.pool.claim(a_claim(reserve_id=THEIRS))

    with pytest.raises(CodesExhausted) as refused:
        await stores.pool.claim(a_claim(3))

    assert refused.value.context == {"available": 0}
    assert sorted(await stores.pool.held(TOUR, MINE, NOON)) == sorted((first.codes[0], first.codes[2]))


async def test_another_number_or_type_under_a_living_id_is_a_mismatch(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 9)))
    await stores.pool.add(a_batch(texts("E", 9), type=EXTERNAL))
    await stores.pool.claim(a_claim(3))

    for claim in (a_claim(2), a_claim(4), a_claim(3, type=EXTERNAL)):
        with pytest.raises(ReservationMismatch):
            await stores.pool.claim(claim)
    assert len(await stores.pool.held(TOUR, MINE, NOON)) == 3


@pytest.mark.parametrize("swept", [True, False])
async def test_a_lapsed_reservation_ends_at_its_deadline_swept_or_not(stores: Stores, *, swept: bool) -> None:
    """REQ-003."""
    await stores.pool.add(a_batch(["A", "B"]))
    await stores.pool.claim(a_claim(2))
    with pytest.raises(CodesExhausted):
        await stores.pool.claim(a_claim(reserve_id=THEIRS, at=NOON + DAY - TICK))

    if swept:
        assert await stores.pool.sweep(NOON + DAY, 100) == 2
    theirs = await stores.pool.claim(a_claim(reserve_id=THEIRS, at=NOON + DAY))
    mine = await stores.pool.claim(a_claim(1, at=NOON + DAY))

    assert {*theirs.codes, *mine.codes} == {"A", "B"}
    assert mine.reserved_at == NOON + DAY
    code = await stores.catalogue.get(TOUR, theirs.codes[0])
    assert code is not None
    assert [(line.event, line.at) for line in code.history(NOON + DAY)] == [
        (CodeEvent.IMPORTED, NOON),
        (CodeEvent.RESERVED, NOON),
        (CodeEvent.EXPIRED, NOON + DAY),
        (CodeEvent.RESERVED, NOON + DAY),
    ]


async def test_an_id_with_assigned_codes_can_be_used_anew_after_its_deadline(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B", "C", "D"]))
    first = await stores.pool.claim(a_claim(2))
    await assign(stores, first.codes[0], ANN)

    second = await stores.pool.claim(a_claim(3, at=NOON + DAY))

    assert sorted([*second.codes, first.codes[0]]) == ["A", "B", "C", "D"]


async def test_free_codes_do_not_leave_in_the_order_of_the_file(stores: Stores) -> None:
    """From one code of a sequence, a fan could guess the next."""
    codes = texts("A", 200)
    await stores.pool.add(a_batch(codes))

    taken = [(await stores.pool.claim(a_claim(reserve_id=f"reservation-{n}"))).codes[0] for n in range(12)]

    assert len(set(taken)) == 12
    assert taken != codes[:12]
