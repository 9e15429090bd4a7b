"""Withdrawing an import, and previewing one."""

import asyncio

import pytest

from domain.model.codes.code import CodeStatus
from domain.model.codes.imports import LOOK_ALIKE, Problem, Tally, Withdrawn
from domain.model.codes.inventory import StatusCounts
from domain.model.ids import ImportId
from tests.contracts.codes.conftest import Stores
from tests.contracts.codes.moves import Peers, assign, claim_all, counts
from tests.support.codes import ANN, DAY, EXTERNAL, NOON, TICK, TM, TOUR, a_batch, a_claim, texts

FIRST, SECOND = ImportId("import-1"), ImportId("import-2")


async def test_available_codes_are_removed_and_codes_of_fans_are_kept(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 10)))
    await stores.pool.add(a_batch(texts("B", 5), import_id="import-2", type=EXTERNAL))
    held = await stores.pool.claim(a_claim(4))
    await assign(stores, held.codes[0], ANN)

    done = await stores.pool.withdraw(TOUR, FIRST, NOON)

    assert done == Withdrawn(removed=6, reserved=3, assigned=1)
    assert await counts(stores) == StatusCounts(reserved=3, assigned=1)
    assert (await stores.catalogue.count(TOUR, NOON))[EXTERNAL] == StatusCounts(available=5)
    assert await stores.pool.withdraw(TOUR, FIRST, NOON) == Withdrawn(reserved=3, assigned=1)


async def test_a_code_with_a_lapsed_hold_is_removed_as_well(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B"]))
    await stores.pool.claim(a_claim(1))

    assert await stores.pool.withdraw(TOUR, FIRST, NOON + DAY) == Withdrawn(removed=2)
    assert await stores.pool.sweep(NOON + DAY + TICK, 10) == 0
    assert await stores.pool.add(a_batch(["A"], import_id="import-2")) == Tally(inserted=1)


async def test_an_import_of_another_campaign_or_of_nothing_removes_nothing(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A"]))

    assert await stores.pool.withdraw(TOUR, SECOND, NOON) == Withdrawn()
    assert await counts(stores) == StatusCounts(available=1)


@pytest.mark.parametrize("run", range(3))
async def test_no_code_that_a_claim_holds_is_removed(peers: Peers, run: int) -> None:
    """Claims and two withdrawals at once: the claimed codes are there, all other codes are gone."""
    await peers[0].pool.add(a_batch(texts("A", 400)))
    claims = [a_claim(5, reserve_id=f"reservation-{run}-{n}") for n in range(30)]

    (won, _), first, second = await asyncio.gather(
        claim_all(peers, claims),
        peers[0].pool.withdraw(TOUR, FIRST, NOON),
        peers[1].pool.withdraw(TOUR, FIRST, NOON),
    )

    given = [code for reservation in won for code in reservation.codes]
    assert len(set(given)) == len(given)
    for code in given:
        stored = await peers[1].catalogue.get(TOUR, code)
        assert stored is not None
        assert stored.status(NOON) is CodeStatus.RESERVED
    left = await peers[0].pool.withdraw(TOUR, FIRST, NOON)
    assert first.removed + second.removed + left.removed + len(given) == 400
    left_over = await peers[0].catalogue.count(TOUR, NOON)
    assert left_over.get(TM, StatusCounts()) == StatusCounts(reserved=len(given))


async def test_a_preview_counts_what_adding_would_do_and_stores_nothing(stores: Stores) -> None:
    await stores.pool.add(a_batch(["OLD", "AAA"]))
    await stores.pool.add(a_batch(["EXT"], type=EXTERNAL, import_id="import-2"))
    batch = a_batch(["NEW", "OLD", "EXT", "\u0410\u0410\u0410", "\u00e9", "e\u0301"], import_id="import-3")

    looked = await stores.pool.check(batch)

    problems = (Problem(4, LOOK_ALIKE), Problem(6, LOOK_ALIKE))
    assert looked == Tally(inserted=4, duplicates=1, conflicts=1, problems=problems)
    assert await counts(stores) == StatusCounts(available=2)
    assert await stores.pool.add(batch) == looked
