"""What every engine of draws promises: exactly what the functions of the model give."""

from pathlib import Path

import pytest

from adapters.drawing.engine import ProcessDrawEngine
from adapters.memory.drawing import MemoryDrawEngine
from domain.model.draws.allocation import allocate, result_lines
from domain.model.draws.chunks import CHUNK_LINES, proof_of
from domain.model.draws.errors import DuplicateBallot
from domain.model.draws.lines import Line, MalformedLine, list_digest, sorted_lines
from domain.model.draws.merkle import audit_path, leaf_hash, merkle_root, proves
from domain.model.draws.order import drawn_order
from ports.drawing import DrawEngine
from tests.support.drawing import MARKETS, ballot, in_chunks, some_lines

KEY = bytes(range(32))
SIZES = [0, 1, 2, CHUNK_LINES, CHUNK_LINES + 1, 2 * CHUNK_LINES + 7]


@pytest.fixture(params=["memory", "processes"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> DrawEngine:
    return MemoryDrawEngine() if request.param == "memory" else ProcessDrawEngine(tmp_path)


@pytest.mark.parametrize("size", SIZES)
async def test_a_list_is_sorted_digested_and_proved(engine: DrawEngine, size: int) -> None:
    lines = some_lines(size)
    expected = sorted_lines(lines)

    async with engine.collector() as collector:
        await collector.add([line.encode() for line in lines[: size // 3]])
        await collector.add([])
        await collector.add([line.encode() for line in lines[size // 3 :]])
        frozen = await collector.freeze()
        chunks = [chunk async for chunk in frozen.chunks()]
        again = [chunk async for chunk in frozen.chunks()]

    assert chunks == again
    assert [line for chunk in chunks for line in chunk.lines] == expected
    assert (frozen.entrants, frozen.grouped_out) == (size, 0)
    assert frozen.digest == list_digest(expected)
    assert frozen.merkle_root == merkle_root(expected).hex()
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert [len(chunk.lines) for chunk in chunks[:-1]] == [CHUNK_LINES] * (len(chunks) - 1)
    assert [chunk.first for chunk in chunks] == [chunk.lines[0][:32].decode() for chunk in chunks]


@pytest.mark.parametrize("size", SIZES[1:])
async def test_a_proof_needs_one_chunk_and_the_roots_of_all(engine: DrawEngine, size: int) -> None:
    lines = sorted_lines(some_lines(size))
    async with engine.collector() as collector:
        await collector.add(list(reversed(lines)))
        chunks = [chunk async for chunk in (await collector.freeze()).chunks()]
    roots = [chunk.root for chunk in chunks]

    for index in {0, size // 2, size - 1}:
        proof = proof_of(index, size, chunks[index // CHUNK_LINES].lines, roots)

        assert list(proof.path) == audit_path(list(map(leaf_hash, lines)), index)
        assert proves(lines[index], index, size, proof.path, merkle_root(lines))


async def test_one_entrant_of_each_group_takes_part(engine: DrawEngine) -> None:
    lines = some_lines(40)
    groups = [None if number % 4 == 0 else f"house\n{number % 4}, é" for number in range(40)]
    async with engine.collector() as collector:
        for line, group in zip(lines, groups, strict=True):
            await collector.add([line.encode()], [group])
        frozen = await collector.freeze()
        taking_part = {
            Line.parse(line) for chunk in [one async for one in frozen.chunks()] for line in chunk.lines
        }

    least = {
        min((line for line, of in zip(lines, groups, strict=True) if of == group), key=lambda one: one.ballot_id)
        for group in set(groups) - {None}
    }
    assert taking_part == {*lines[::4], *least}
    assert (frozen.entrants, frozen.grouped_out) == (13, 27)


async def test_two_entrants_with_one_ballot_are_refused(engine: DrawEngine) -> None:
    line = Line(ballot(1), 0, 1, MARKETS[:1])
    async with engine.collector() as collector:
        await collector.add([line.encode(), Line(ballot(2), 0, 1, MARKETS[:1]).encode()])
        await collector.add([Line(ballot(1), 1, 1, MARKETS[1:]).encode()])
        with pytest.raises(DuplicateBallot):
            await collector.freeze()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0, 5, 1_000_000])
async def test_a_draw_is_computed(engine: DrawEngine, size: int, share: int) -> None:
    """``share``: places of a market, of a hundred entrants."""
    lines = some_lines(size, seed=1)
    places = dict.fromkeys(MARKETS, 1 + size * share // 100)
    order = drawn_order(lines, KEY)
    expected = allocate(order, places)

    async with engine.compute(in_chunks(sorted_lines(lines)), KEY, places) as computed:
        results = [chunk async for chunk in computed.results()]
        waiting = [chunk async for chunk in computed.waiting()]
        result = computed.result

    assert [line for chunk in results for line in chunk.lines] == result_lines(expected.markets)
    assert [chunk.number for chunk in results] == list(range(len(results)))
    assert result.placed == expected.placed
    assert result.waitlisted == expected.waitlisted
    assert result.cutoffs == expected.cutoffs
    assert result.result_digest == expected.result_digest
    without = [one for one in order if expected.markets[one.line.ballot_id] is None]
    assert [line for chunk in waiting for line in chunk.lines] == [one.line.encode() for one in without]
    assert [chunk.first for chunk in waiting] == [one.turn for one in without[::CHUNK_LINES]]
    for chunk in waiting:
        earlier = [market for one in without[: chunk.number * CHUNK_LINES] for market in one.line.markets]
        assert chunk.before == {market: earlier.count(market) for market in set(earlier)}


@pytest.mark.parametrize("bad", [b"", b"x", b"zz" * 16 + b",0,1,nyc", b"\xff", ballot(1).encode() + b",0,0,nyc"])
async def test_a_line_that_is_none_is_refused(engine: DrawEngine, bad: bytes) -> None:
    with pytest.raises(MalformedLine):
        async with engine.compute(in_chunks([some_lines(1)[0].encode(), bad]), KEY, dict.fromkeys(MARKETS, 1)):
            pass
