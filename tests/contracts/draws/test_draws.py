"""What every store promises of draws, their lists and their results."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

import pytest

from adapters.memory.drawing import computed
from domain.model.codes.code import CodeType
from domain.model.draws.allocation import Cutoff, DrawResult
from domain.model.draws.beacons import ManualBeacon
from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.codes import Giving
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.errors import DrawAborted, DrawNotFound, RandomnessMismatch
from domain.model.draws.filling import Filling
from domain.model.draws.giving import begin_giving, close_giving, end_giving
from domain.model.draws.lines import Line, sorted_lines
from domain.model.draws.order import Turn, drawn_order
from domain.model.ids import BallotId, CampaignId, DrawId, ReserveId
from domain.model.registrations.markets import MarketId
from ports.draws import UNANNOUNCED_LIST_KEPT
from ports.stores import Stores
from tests.contracts.two_processes import two_views
from tests.support.drawing import MARKETS, some_lines
from tests.support.draws import NOON, TOUR, a_draw, numbered, the_chunks

FAIR = CampaignId("fair")
LATER = NOON + timedelta(minutes=5)
ONE, TWO = DrawId("draw-1"), DrawId("draw-2")
LINES = some_lines(5 * CHUNK_LINES + 7)
LIST = sorted_lines(LINES)
KEY = bytes(range(32))
Item = TypeVar("Item")


@pytest.fixture(params=["memory", "mongo"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Stores, Stores]]:
    """Two that share what they keep, as two processes do."""
    async with two_views(request) as both:
        yield both


@pytest.fixture
def store(peers: tuple[Stores, Stores]) -> Stores:
    return peers[0]


async def announced(store: Stores, *ids: str) -> list[Draw]:
    return [await store.draws.announce(TOUR, numbered(id)) for id in ids]


async def stream(items: Iterable[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item


# Draws


async def test_an_announced_draw_is_read_as_it_was_announced(store: Stores) -> None:
    (draw,) = await announced(store, "draw-1")

    found = await store.draws.get(TOUR, ONE)

    assert found == draw == a_draw()
    assert found.manifest.digest == a_draw().manifest.digest
    assert await store.draws.get(TOUR, TWO) is None
    assert await store.draws.get(FAIR, ONE) is None


async def test_a_draw_with_randomness_given_by_hand_is_read_as_it_was_announced(store: Stores) -> None:
    await store.draws.announce(TOUR, numbered("draw-1", beacon=ManualBeacon(), excluded={}))

    assert await store.draws.get(TOUR, ONE) == a_draw(beacon=ManualBeacon(), excluded={})


async def test_numbers_go_from_one_in_each_campaign(store: Stores) -> None:
    draws = await announced(store, "a", "b", "c")
    other = await store.draws.announce(FAIR, numbered("a", campaign_id=FAIR))

    assert [draw.number for draw in draws] == [1, 2, 3]
    assert other.number == 1


async def test_draws_announced_at_once_get_different_numbers_without_a_gap(
    peers: tuple[Stores, Stores],
) -> None:
    drawn = await asyncio.gather(
        *(peers[one % 2].draws.announce(TOUR, numbered(f"draw-{one}")) for one in range(20))
    )

    assert sorted(draw.number for draw in drawn) == list(range(1, 21))
    stored = await peers[0].draws.page(TOUR, before=None, limit=100)
    assert {draw.id: draw.number for draw in stored} == {draw.id: draw.number for draw in drawn}


async def test_an_aborted_draw_keeps_its_number(store: Stores) -> None:
    await announced(store, "a")
    await store.draws.change(TOUR, DrawId("a"), lambda draw: draw.abort(LATER))

    (second,) = await announced(store, "b")

    assert second.number == 2
    first = await store.draws.get(TOUR, DrawId("a"))
    assert first is not None
    assert (first.number, first.status, first.aborted_at) == (1, DrawStatus.ABORTED, LATER)


async def test_a_refused_announcement_uses_no_number(store: Stores) -> None:
    def refuse(_: int) -> Draw:
        raise DrawAborted

    with pytest.raises(DrawAborted):
        await store.draws.announce(TOUR, refuse)

    assert [draw.number for draw in await announced(store, "a")] == [1]


async def test_pages_begin_with_the_newest(store: Stores) -> None:
    await announced(store, *"abcde")

    async def numbers(before: int | None, limit: int) -> list[int]:
        return [draw.number for draw in await store.draws.page(TOUR, before=before, limit=limit)]

    assert await numbers(None, 2) == [5, 4]
    assert await numbers(4, 2) == [3, 2]
    assert await numbers(2, 5) == [1]
    assert await numbers(1, 5) == []
    assert await store.draws.page(FAIR, before=None, limit=5) == []


def everything(draw: Draw) -> Draw:
    result = DrawResult(
        placed={MarketId("nyc"): 3, MarketId("são.paulo$"): 0},
        waitlisted=4,
        cutoffs={MarketId("nyc"): Cutoff(1, b"\x00" * 32), MarketId("são.paulo$"): None},
        result_digest="ab" * 32,
    )
    filling = Filling(number=1, at=LATER, places={MarketId("nyc"): 2}, offered={MarketId("nyc"): 1})
    drawn = draw.begin_run("cd" * 32).with_result(result).finish_run(LATER)
    since = {CodeType.TM: LATER, CodeType.EXTERNAL: NOON}
    return replace(drawn, fillings=(filling,), giving_codes=since, version=drawn.version + 1)


async def test_all_that_a_draw_learns_is_stored(store: Stores) -> None:
    await announced(store, "draw-1")

    changed = await store.draws.change(TOUR, ONE, everything)

    assert changed == everything(a_draw())
    assert await store.draws.get(TOUR, ONE) == changed


async def test_a_change_without_an_effect_and_a_refused_one_store_nothing(store: Stores) -> None:
    (draw,) = await announced(store, "draw-1")

    assert await store.draws.change(TOUR, ONE, lambda known: known) == draw
    await store.draws.change(TOUR, ONE, lambda known: known.abort(LATER))
    with pytest.raises(DrawAborted):
        await store.draws.change(TOUR, ONE, lambda known: known.begin_run("ab" * 32))

    stored = await store.draws.get(TOUR, ONE)
    assert stored is not None
    assert (stored.status, stored.version) == (DrawStatus.ABORTED, 1)
    with pytest.raises(DrawNotFound):
        await store.draws.change(TOUR, TWO, lambda known: known)


async def test_of_runs_that_begin_at_once_one_decides(peers: tuple[Stores, Stores]) -> None:
    await announced(peers[0], "draw-1")

    async def begin(one: int) -> Draw | RandomnessMismatch:
        try:
            return await peers[one % 2].draws.change(TOUR, ONE, lambda draw: draw.begin_run(f"{one:064x}"))
        except RandomnessMismatch as error:
            return error

    began = await asyncio.gather(*map(begin, range(20)))

    (winner,) = [one for one in began if isinstance(one, Draw)]
    assert await peers[1].draws.get(TOUR, ONE) == winner


async def test_an_abort_and_a_run_at_once_do_not_both_happen(peers: tuple[Stores, Stores]) -> None:
    for number in range(10):
        id = DrawId(f"draw-{number}")
        await announced(peers[0], id)
        await asyncio.gather(
            peers[0].draws.change(TOUR, id, lambda draw: draw.begin_run("ab" * 32)),
            peers[1].draws.change(TOUR, id, lambda draw: draw.abort(LATER)),
            return_exceptions=True,
        )
        stored = await peers[0].draws.get(TOUR, id)
        assert stored is not None
        assert (stored.randomness is None, stored.version) == (stored.status is DrawStatus.ABORTED, 1)


async def test_a_giving_of_codes_is_kept_until_it_ends(store: Stores) -> None:
    (before,) = await announced(store, ONE)
    ballots = tuple(line.ballot_id for line in LINES[:3])
    begin = partial(begin_giving, type=CodeType.TM, reserve_id=ReserveId("held"), now=LATER, read=before)

    begun = await store.draws.change(TOUR, ONE, lambda draw: begin(draw, ballots))
    assert begun.giving == Giving(
        number=1, type=CodeType.TM, reserve_id=ReserveId("held"), ballots=ballots, at=LATER
    )
    assert await store.draws.get(TOUR, ONE) == begun
    giving = begun.giving
    closed = await store.draws.change(TOUR, ONE, lambda draw: close_giving(draw, giving))
    assert closed.giving == replace(giving, closing=True)
    ended = await store.draws.change(TOUR, ONE, lambda draw: end_giving(draw, giving))
    assert (ended.giving, ended.givings) == (None, 1)
    assert await store.draws.change(TOUR, ONE, lambda draw: begin(draw, ballots)) == ended


async def test_running_draws_are_found_until_they_are_drawn(store: Stores) -> None:
    await announced(store, "draw-1", "draw-2", "c")
    assert await store.draws.unfinished(5) == []
    for id in (ONE, TWO):
        await store.draws.change(TOUR, id, lambda draw: draw.begin_run("ab" * 32))

    assert {draw.id for draw in await store.draws.unfinished(5)} == {ONE, TWO}
    assert len(await store.draws.unfinished(1)) == 1
    await store.draws.change(TOUR, ONE, lambda draw: draw.finish_run(LATER))
    assert [draw.id for draw in await store.draws.unfinished(5)] == [TWO]


# Lists


async def the_list(store: Stores, draw_id: DrawId = ONE, first: int = 0) -> list[bytes]:
    chunks = [chunk async for chunk in store.draw_lists.chunks(TOUR, draw_id, first=first)]
    assert [chunk.number for chunk in chunks] == list(range(first, first + len(chunks)))
    return [line for chunk in chunks for line in chunk.lines]


async def test_a_list_is_read_as_it_was_put(store: Stores) -> None:
    await store.draw_lists.put(TOUR, ONE, the_chunks(LIST), NOON)
    await store.draw_lists.put(TOUR, TWO, the_chunks(LIST[:3]), NOON)

    assert await the_list(store) == LIST
    assert await the_list(store, first=4) == LIST[4 * CHUNK_LINES :]
    assert await the_list(store, first=6) == []
    assert await the_list(store, TWO) == LIST[:3]
    assert await the_list(store, DrawId("draw")) == []
    expected = [chunk async for chunk in the_chunks(LIST)]
    assert [chunk async for chunk in store.draw_lists.chunks(TOUR, ONE)] == expected
    assert list(await store.draw_lists.roots(TOUR, ONE)) == [chunk.root for chunk in expected]


async def test_more_chunks_than_are_read_at_once_come_in_order(store: Stores) -> None:
    """Small chunks: only their number counts here."""
    lines = sorted_lines(some_lines(40_000))
    chunks = [replace(chunk, lines=chunk.lines[:2]) async for chunk in the_chunks(lines)]

    await store.draw_lists.put(TOUR, ONE, stream(chunks), NOON)

    assert [chunk async for chunk in store.draw_lists.chunks(TOUR, ONE)] == chunks
    assert list(await store.draw_lists.roots(TOUR, ONE)) == [chunk.root for chunk in chunks]


async def test_an_empty_list_has_no_chunks(store: Stores) -> None:
    await store.draw_lists.put(TOUR, ONE, the_chunks([]), NOON)

    assert await the_list(store) == []
    assert list(await store.draw_lists.roots(TOUR, ONE)) == []
    assert await store.draw_lists.chunk_of(TOUR, ONE, BallotId("0" * 32)) is None


async def test_the_chunk_of_a_ballot_is_found(store: Stores) -> None:
    await store.draw_lists.put(TOUR, TWO, the_chunks(LIST[:1]), NOON)
    await store.draw_lists.put(TOUR, ONE, the_chunks(LIST), NOON)

    for index in (0, 1, CHUNK_LINES - 1, CHUNK_LINES, len(LIST) - 1):
        chunk = await store.draw_lists.chunk_of(TOUR, ONE, Line.parse(LIST[index]).ballot_id)
        assert chunk is not None
        assert (chunk.number, LIST[index] in chunk.lines) == (index // CHUNK_LINES, True)
    assert await store.draw_lists.chunk_of(TOUR, ONE, BallotId("0" * 32)) is None
    last = await store.draw_lists.chunk_of(TOUR, ONE, BallotId("f" * 32))
    assert last is not None
    assert last.number == 5


async def test_a_discarded_list_is_gone_and_no_other(store: Stores) -> None:
    for draw_id in (ONE, TWO):
        await store.draw_lists.put(TOUR, draw_id, the_chunks(LIST[:3]), NOON)

    await store.draw_lists.discard(TOUR, ONE)

    assert (await the_list(store), await the_list(store, TWO)) == ([], LIST[:3])


async def test_a_list_whose_process_ended_before_the_announcement_is_deleted_later(store: Stores) -> None:
    left, kept, other = DrawId("left"), DrawId("kept"), DrawId("other")
    for draw_id in (left, kept):
        await store.draw_lists.put(TOUR, draw_id, the_chunks(LIST[:3]), NOON)
    await announced(store, kept)
    await store.draw_lists.put(FAIR, other, the_chunks(LIST[:3]), NOON)

    await store.draw_lists.put(TOUR, ONE, the_chunks(LIST[:1]), NOON + UNANNOUNCED_LIST_KEPT / 2)
    assert await the_list(store, left) == LIST[:3]
    await store.draw_lists.put(TOUR, TWO, the_chunks(LIST[:1]), NOON + UNANNOUNCED_LIST_KEPT)

    assert [len(await the_list(store, id)) for id in (left, kept, ONE, TWO)] == [0, 3, 1, 1]
    assert [chunk async for chunk in store.draw_lists.chunks(FAIR, other)] != []


# Results


async def test_results_are_read_as_they_were_put_however_often(store: Stores) -> None:
    drawn = computed(LINES, KEY, dict.fromkeys(MARKETS, 700))
    for _ in range(2):
        await store.draw_results.put(TOUR, ONE, drawn.results(), drawn.waiting())
    results, waiting = list(drawn.result_chunks), list(drawn.waiting_chunks)

    assert len(waiting) > 1
    assert [chunk async for chunk in store.draw_results.results(TOUR, ONE)] == results
    assert [chunk async for chunk in store.draw_results.results(TOUR, ONE, first=5)] == results[5:]
    assert [chunk async for chunk in store.draw_results.waiting(TOUR, ONE)] == waiting
    assert [chunk async for chunk in store.draw_results.waiting(TOUR, ONE, first=1)] == waiting[1:]
    assert await store.draw_results.result_chunk(TOUR, ONE, 2) == results[2]
    assert await store.draw_results.result_chunk(TOUR, ONE, 6) is None
    assert [chunk async for chunk in store.draw_results.results(TOUR, TWO)] == []


async def test_a_put_that_was_cut_off_is_completed_by_a_repeat(store: Stores) -> None:
    drawn = computed(LINES, KEY, dict.fromkeys(MARKETS, 700))
    await store.draw_results.put(TOUR, ONE, stream(drawn.result_chunks[:3]), stream([]))

    await store.draw_results.put(TOUR, ONE, drawn.results(), drawn.waiting())

    assert [chunk async for chunk in store.draw_results.results(TOUR, ONE)] == list(drawn.result_chunks)


async def test_the_chunk_of_one_who_waits_is_found_by_the_turn(store: Stores) -> None:
    lines = [replace(line, tier=12 if line.tier == 1 else line.tier) for line in LINES]
    drawn = computed(lines, KEY, dict.fromkeys(MARKETS, 1))
    await store.draw_results.put(TOUR, ONE, drawn.results(), drawn.waiting())
    waiting = {line for chunk in drawn.waiting_chunks for line in chunk.lines}
    order = [one for one in drawn_order(lines, KEY) if one.line.encode() in waiting]

    for index in range(0, len(order), 500):
        chunk = await store.draw_results.waiting_at(TOUR, ONE, order[index].turn)
        assert chunk == drawn.waiting_chunks[index // CHUNK_LINES]
    assert await store.draw_results.waiting_at(TOUR, ONE, Turn(0, b"\x00" * 32, BallotId("0" * 32))) is None
