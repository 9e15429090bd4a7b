"""Many claims at once, in one process and in two that share a store. The promises hold for every winner."""

import asyncio
import random
from collections import Counter

import pytest

from domain.model.codes.code import CodeEvent
from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.codes.inventory import StatusCounts
from domain.model.codes.reservations import Reservation
from domain.model.ids import ReserveId
from tests.contracts.codes.moves import Peers, assign, at_once, claim_all, counts, events, release
from tests.support.codes import (
    ANN,
    DAY,
    EXTERNAL,
    NOON,
    TICK,
    a_batch,
    a_claim,
    texts,
)


@pytest.mark.parametrize("chosen", [True, False])
async def test_one_of_twenty_gets_the_last_code(peers: Peers, *, chosen: bool) -> None:
    """REQ-007."""
    await peers[0].pool.add(a_batch(["LAST"]))
    claims = [a_claim(reserve_id=f"reservation-{n}", chosen=chosen) for n in range(20)]

    won, refused = await claim_all(peers, claims)

    assert [reservation.codes for reservation in won] == [("LAST",)]
    assert [(type(error), error.context) for error in refused] == [(CodesExhausted, {"available": 0})] * 19
    assert await counts(peers[0]) == StatusCounts(reserved=1)
    assert await events(peers[0], "LAST") == [CodeEvent.RESERVED]


async def test_no_claim_is_refused_while_there_are_enough_codes(peers: Peers) -> None:
    """Contract of /reserve: 64 callers at once and enough codes, no 409; and no code twice."""
    await peers[0].pool.add(a_batch(texts("A", 64 * 3)))

    won, refused = await claim_all(peers, [a_claim(3, reserve_id=f"reservation-{n}") for n in range(64)])

    assert refused == []
    given = Counter(code for reservation in won for code in reservation.codes)
    assert len(given) == 64 * 3
    assert await counts(peers[0]) == StatusCounts(reserved=64 * 3)


async def test_claims_are_all_or_nothing_under_a_race(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(texts("A", 5)))

    won, refused = await claim_all(peers, [a_claim(3, reserve_id=f"reservation-{n}") for n in range(8)])

    assert len(won) == 1
    assert [type(error) for error in refused] == [CodesExhausted] * 7
    assert all(error.context["available"] in {0, 1, 2} for error in refused)
    assert await counts(peers[0]) == StatusCounts(available=2, reserved=3)


async def test_claims_under_one_id_are_one_reservation(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(texts("A", 50)))
    claims = [a_claim(3, at=NOON + n * TICK) for n in range(10)]

    won, refused = await claim_all(peers, claims)

    assert refused == []
    assert len(won) == 10
    assert set(won) == {won[0]}
    assert len(set(won[0].codes)) == 3
    assert await counts(peers[0]) == StatusCounts(available=47, reserved=3)


async def test_claims_of_one_instant_under_one_id_are_one_reservation(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(texts("A", 6)))

    won, refused = await claim_all(peers, [a_claim(3)] * 10)

    assert refused == []
    assert set(won) == {won[0]}
    assert await counts(peers[0]) == StatusCounts(available=3, reserved=3)


async def test_claims_under_one_id_where_the_codes_just_suffice(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(texts("A", 3)))

    won, refused = await claim_all(peers, [a_claim(3)] * 6)

    assert refused == []
    assert set(won) == {won[0]}
    assert sorted(won[0].codes) == texts("A", 3)


async def test_different_claims_under_one_id_one_wins(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(texts("A", 20)))
    await peers[0].pool.add(a_batch(texts("E", 20), type=EXTERNAL))
    claims = [a_claim(2), a_claim(3)] * 5

    won, refused = await claim_all(peers, claims)

    assert len(set(won)) == 1
    assert {type(error) for error in refused} == {ReservationMismatch}
    assert await counts(peers[0]) == StatusCounts(available=20 - len(won[0].codes), reserved=len(won[0].codes))


async def test_callers_that_leave_hold_nothing(peers: Peers) -> None:
    """At any moment: while they wait, while their codes are taken, near the end of the pool."""
    await peers[0].pool.add(a_batch(texts("A", 7)))
    dice = random.Random(7)
    for round in range(8):
        claims = [a_claim(3, reserve_id=f"reservation-{round}-{n}", chosen=n % 2 == 0) for n in range(12)]
        calls = [asyncio.create_task(peers[n % 2].pool.claim(claim)) for n, claim in enumerate(claims)]
        for call in calls:
            await asyncio.sleep(dice.uniform(0, 0.01))
            call.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(answer) for answer in answers} <= {Reservation, CodesExhausted, asyncio.CancelledError}
        for given in (answer for answer in answers if isinstance(answer, Reservation)):
            await at_once(release(peers[0], code, reserve_id=given.reserve_id) for code in given.codes)
    looks = 0  # In a row: after its caller has left, a claim may still begin, and then gives its codes back.
    async with asyncio.timeout(60):
        while looks < 5:
            looks = looks + 1 if await counts(peers[0]) == StatusCounts(available=7) else 0
            await asyncio.sleep(0.05)


async def test_a_lapsed_code_is_claimed_by_one(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(["LAST"]))
    await peers[0].pool.claim(a_claim())
    later = NOON + DAY
    work = [peer.pool.sweep(later, 10) for peer in peers]

    claiming = claim_all(peers, [a_claim(reserve_id=f"reservation-{n}", at=later) for n in range(10)])
    (won, refused), _ = await asyncio.gather(claiming, at_once(work))

    assert len(won) == 1
    assert {type(error) for error in refused} == {CodesExhausted}
    assert await events(peers[0], "LAST") == [CodeEvent.RESERVED, CodeEvent.EXPIRED, CodeEvent.RESERVED]


async def test_a_reservation_is_claimed_once_while_it_is_being_assigned(peers: Peers) -> None:
    """A client that repeats its claim while it assigns codes never holds more codes than it asked for."""
    await peers[0].pool.add(a_batch(texts("A", 60)))

    async def work(number: int) -> set[str]:
        id = ReserveId(f"reservation-{number}")
        first, second = await asyncio.gather(
            *(peer.pool.claim(a_claim(2, reserve_id=id)) for peer in peers),
        )
        await assign(peers[number % 2], first.codes[0], ANN, reserve_id=id)
        third = await peers[0].pool.claim(a_claim(2, reserve_id=id))
        return {*first.codes, *second.codes, *third.codes}

    held, _ = await at_once(work(number) for number in range(10))

    assert [len(codes) for codes in held] == [2] * 10
    assert await counts(peers[0]) == StatusCounts(available=40, reserved=10, assigned=10)
