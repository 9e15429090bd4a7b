"""Many imports, assignments, releases and sweeps at once, in one process and in two that share a store."""

import asyncio
from collections import Counter
from itertools import cycle

from domain.model.codes.code import Code, CodeEvent, Refusal
from domain.model.codes.imports import Tally
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.ids import ReserveId, UserId
from tests.contracts.codes.moves import Peers, assign, at_once, counts, events, release
from tests.support.codes import (
    ANN,
    DAY,
    EXTERNAL,
    NOON,
    TICK,
    TM,
    TOUR,
    a_batch,
    a_claim,
    texts,
)


async def test_one_batch_added_many_times_at_once_is_stored_once(peers: Peers) -> None:
    batch = a_batch(texts("A", 300))

    tallies, refused = await at_once(peer.pool.add(batch) for peer in peers * 4)

    assert refused == []
    assert tallies == [Tally(inserted=300)] * 8
    assert await counts(peers[0]) == StatusCounts(available=300)


async def test_one_file_imported_many_times_at_once_is_inserted_once(peers: Peers) -> None:
    """REQ-005: of all the imports, each code was inserted by exactly one."""
    codes = texts("A", 300)
    batches = [a_batch(codes, import_id=f"import-{n}") for n in range(6)]

    tallies, _ = await at_once(peer.pool.add(batch) for peer, batch in zip(cycle(peers), batches, strict=False))

    assert sum(tally.inserted for tally in tallies) == 300
    assert sum(tally.duplicates for tally in tallies) == 5 * 300
    assert await counts(peers[0]) == StatusCounts(available=300)


async def test_both_types_of_one_code_at_once_is_one_code(peers: Peers) -> None:
    codes = texts("A", 200)
    work = (
        peer.pool.add(a_batch(codes, type=type, import_id=f"import-{type}"))
        for peer, type in zip(peers, (TM, EXTERNAL), strict=True)
    )

    tallies, _ = await at_once(work)

    assert sum(tally.inserted for tally in tallies) == 200
    assert sum(tally.conflicts for tally in tallies) == 200
    found = await peers[0].catalogue.count(TOUR, NOON)
    assert sum(of_type.total for of_type in found.values()) == 200


async def test_a_code_is_assigned_to_one_of_twenty_fans(peers: Peers) -> None:
    """Zero duplicate assignments within a campaign."""
    await peers[0].pool.add(a_batch(["A"]))
    await peers[0].pool.claim(a_claim())
    fans = [UserId(f"fan-{n}") for n in range(20)]

    outcomes, _ = await at_once(assign(peer, "A", fan) for peer, fan in zip(cycle(peers), fans, strict=False))

    won = [outcome for outcome in outcomes if isinstance(outcome, Code)]
    assert len(won) == 1
    assert Counter(outcomes)[Refusal.ASSIGNED_TO_ANOTHER] == 19
    stored = await peers[0].catalogue.get(TOUR, "A")
    assert stored is not None
    assert stored.assigned_to == won[0].assigned_to
    assert await events(peers[0], "A") == [CodeEvent.RESERVED, CodeEvent.ASSIGNED]


async def test_a_code_assigned_to_one_fan_many_times_at_once_has_one_time(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(["A"]))
    await peers[0].pool.claim(a_claim())

    outcomes, _ = await at_once(assign(peer, "A", ANN, at=NOON + n * TICK) for n, peer in enumerate(peers * 10))

    times = {outcome.assigned_at for outcome in outcomes if isinstance(outcome, Code)}
    assert len(times) == 1
    assert not any(isinstance(outcome, Refusal) for outcome in outcomes)
    assert await events(peers[0], "A") == [CodeEvent.RESERVED, CodeEvent.ASSIGNED]


async def test_a_code_is_released_by_one_of_many(peers: Peers) -> None:
    """Releasing twice releases 0 the second time, at the very same instant too."""
    await peers[0].pool.add(a_batch(["A"]))
    await peers[0].pool.claim(a_claim())

    outcomes, _ = await at_once(release(peer, "A") for peer in peers * 10)

    assert sum(isinstance(outcome, Code) for outcome in outcomes) == 1
    assert Counter(outcomes)[Refusal.NOT_RESERVED] == 19
    assert await events(peers[0], "A") == [CodeEvent.RESERVED, CodeEvent.RELEASED]


async def test_a_code_is_either_assigned_or_released(peers: Peers) -> None:
    await peers[0].pool.add(a_batch(texts("A", 20)))
    held = await peers[0].pool.claim(a_claim(20))

    for code in held.codes:
        (given, back), _ = await at_once([assign(peers[0], code, ANN), release(peers[1], code)])
        assert isinstance(given, Code) != isinstance(back, Code)

    total = await counts(peers[0])
    assert total.total == 20
    assert total.reserved == 0


async def test_two_sweepers_write_each_lapse_once(peers: Peers) -> None:
    codes = texts("A", 120)
    await peers[0].pool.add(a_batch(codes))
    await peers[0].pool.claim(a_claim(120))

    swept, _ = await at_once(peer.pool.sweep(NOON + DAY, 500) for peer in peers * 3)

    assert sum(swept) == 120
    page = await peers[0].catalogue.page(TOUR, CodeFilter(), after=None, limit=500, now=NOON + DAY)
    assert [code.text for code in page] == codes
    for code in codes[::10]:
        assert await events(peers[0], code) == [CodeEvent.RESERVED, CodeEvent.EXPIRED]


async def test_a_count_is_right_at_every_moment(peers: Peers) -> None:
    """Each code is in exactly one count while codes are claimed, assigned and given back."""
    await peers[0].pool.add(a_batch(texts("A", 100)))

    async def fan(number: int) -> None:
        for round in range(4):
            id = ReserveId(f"reservation-{number}-{round}")
            held = await peers[number % 2].pool.claim(a_claim(3, reserve_id=id))
            await assign(peers[0], held.codes[0], UserId("fan"), reserve_id=id)
            for code in held.codes[1:]:
                await release(peers[1], code, reserve_id=id)

    async def look(until: "asyncio.Task[object]") -> list[StatusCounts]:
        seen = [await counts(peers[0])]
        while not until.done():
            seen.append(await counts(peers[1]))
            await asyncio.sleep(0)
        return seen

    fans = asyncio.ensure_future(asyncio.gather(*(fan(number) for number in range(8))))
    seen = await look(asyncio.create_task(_settled(fans)))
    await fans

    assert {each.total for each in seen} == {100}
    given = [each.assigned for each in seen]
    assert given == sorted(given)
    assert await counts(peers[0]) == StatusCounts(available=68, assigned=32)


async def _settled(work: "asyncio.Future[list[None]]") -> None:
    await asyncio.wait([work])
