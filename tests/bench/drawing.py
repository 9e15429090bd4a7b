"""Draws of many entrants: the engine in its processes, beside the functions of the model in this one."""

import asyncio
import random
import resource
import time
from collections.abc import Sequence

from rich.console import Console

from adapters.drawing.engine import ProcessDrawEngine
from adapters.memory.drawing import MemoryDrawEngine
from domain.model.draws.lines import Line
from domain.model.ids import new_ballot_id
from domain.model.registrations.markets import MarketId
from ports.drawing import DrawEngine, Entrant
from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.support.drawing import in_chunks

LIMIT_SECONDS = 15.0
"""For a million entrants: to freeze the list, and to compute the draw."""
LIMIT_MIB = 3_072
MARKETS = tuple(MarketId(f"market-{number:02}") for number in range(20))
KEY = bytes(range(32))


def run(ground: Ground, console: Console) -> list[Figure]:
    lines = _lines(ground.size.many_fans)
    few = lines[: len(lines) // 20]
    listed, drawn = asyncio.run(_seconds(ProcessDrawEngine(), lines))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    bare = [20 * seconds for seconds in asyncio.run(_seconds(MemoryDrawEngine(), few))]
    console.print(f"  {len(lines):,} entrants: list {listed:.1f} s, draw {drawn:.1f} s, {peak:.0f} MiB a process")
    return [
        Figure(
            work=f"{what} of {len(lines):,} entrants, {len(MARKETS)} markets",
            measured=f"{seconds:.1f} s, at most {peak:.0f} MiB a process",
            ceiling=f"the model's functions: {alone:.1f} s (20 times {len(few):,})",
            outcome=f"{seconds:.1f} s",
            target=f"< {LIMIT_SECONDS:.0f} s, < {LIMIT_MIB} MiB",
            met=seconds < LIMIT_SECONDS and peak < LIMIT_MIB,
        )
        for what, seconds, alone in (("list", listed, bare[0]), ("draw", drawn, bare[1]))
    ]


def _lines(count: int) -> list[Line]:
    rng = random.Random(1)
    choices = [tuple(rng.sample(MARKETS, rng.randint(1, 4))) for _ in range(10_000)]
    return [
        Line(new_ballot_id(), rng.randrange(3), rng.choice((1, 1, 1, 4)), rng.choice(choices))
        for _ in range(count)
    ]


async def _seconds(engine: DrawEngine, lines: Sequence[Line]) -> tuple[float, float]:
    """To freeze the list, and to compute the draw."""
    async with engine.collector() as collector:
        for start in range(0, len(lines), 1_000):
            await collector.add([Entrant(line) for line in lines[start : start + 1_000]])
        began = time.perf_counter()
        frozen = await collector.freeze()
        listed = time.perf_counter() - began
        encoded = [line async for chunk in frozen.chunks() for line in chunk.lines]
    places = dict.fromkeys(MARKETS, 1 + len(lines) // 100)
    began = time.perf_counter()
    async with engine.compute(in_chunks(encoded), KEY, places):
        return listed, time.perf_counter() - began
