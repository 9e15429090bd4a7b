"""Draws of many entrants: the engine in its processes, beside the functions of the model in this one.

Meanwhile others wait for the event loop of the caller, as requests of the service would. That is measured, too.
"""

import asyncio
import gc
import random
import resource
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console

from adapters.drawing.engine import ProcessDrawEngine
from adapters.memory.drawing import MemoryDrawEngine
from domain.model.draws.lines import Line
from domain.model.ids import new_ballot_id
from domain.model.registrations.markets import MarketId
from ports.drawing import DrawEngine
from tests.bench.figures import Figure
from tests.bench.ground import Ground

LIMIT_SECONDS = 15.0
"""For a million entrants: to freeze the list, and to compute the draw."""
LIMIT_SECONDS_OF_A_TOUR = 60.0
"""For five million."""
LIMIT_MIB = 3_072
LIMIT_MS = 100.0
"""That others may wait for the event loop."""
LOOK_SECONDS = 0.001
IDLE_SECONDS = 5.0
MARKETS = tuple(MarketId(f"market-{number:02}") for number in range(20))
KEY = bytes(range(32))


def run(ground: Ground, console: Console) -> list[Figure]:
    idle = asyncio.run(_idle())
    sizes = (ground.size.many_fans, LIMIT_SECONDS), (ground.size.tour_entries, LIMIT_SECONDS_OF_A_TOUR)
    return [figure for size, limit in sizes for figure in _sized(size, limit, idle, console)]


def _sized(size: int, limit: float, idle: float, console: Console) -> list[Figure]:
    lines = _lines(size)
    few = lines[: len(lines) // 20]
    with _not_collected():
        ours = asyncio.run(_measured(ProcessDrawEngine(), lines))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    model = asyncio.run(_measured(MemoryDrawEngine(), few))
    console.print(f"  {len(lines):,} entrants: list {ours.listed:.1f} s, draw {ours.drawn:.1f} s, {peak:.0f} MiB")
    console.print(f"  others waited {ours.longest_ms:.0f} ms at most, {idle:.0f} ms while nothing was done")
    of = f"of {len(lines):,} entrants, {len(MARKETS)} markets"
    bare = f"(20 times {len(few):,})"
    return [
        _duration(f"list {of}", ours.listed, limit, f"{20 * model.listed:.1f} s {bare}", peak),
        _duration(f"draw {of}", ours.drawn, limit, f"{20 * model.drawn:.1f} s {bare}", peak),
        Figure(
            work=f"the longest wait for the event loop, list and draw {of}",
            measured=f"{ours.longest_ms:.0f} ms",
            ceiling=f"while nothing is done: {idle:.0f} ms",
            outcome=f"{ours.longest_ms:.0f} ms",
            target=f"< {LIMIT_MS:.0f} ms",
            met=ours.longest_ms < LIMIT_MS,
        ),
    ]


def _duration(work: str, seconds: float, limit: float, bare: str, peak: float) -> Figure:
    return Figure(
        work=work,
        measured=f"{seconds:.1f} s, at most {peak:.0f} MiB a process",
        ceiling=f"the model's functions: {bare}",
        outcome=f"{seconds:.1f} s",
        target=f"< {limit:.0f} s, < {LIMIT_MIB} MiB",
        met=seconds < limit and peak < LIMIT_MIB,
    )


@contextmanager
def _not_collected() -> Iterator[None]:
    """The lines of the bench are objects that a service does not have: the garbage collector leaves them alone."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _lines(count: int) -> list[Line]:
    rng = random.Random(1)
    choices = [tuple(rng.sample(MARKETS, rng.randint(1, 4))) for _ in range(10_000)]
    return [
        Line(new_ballot_id(), rng.randrange(3), rng.choice((1, 1, 1, 4)), rng.choice(choices))
        for _ in range(count)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    listed: float
    drawn: float
    """In seconds."""
    longest_ms: float


async def _measured(engine: DrawEngine, lines: Sequence[Line]) -> Measured:
    """To freeze the list, and to compute the draw."""
    async with _watched() as waits, engine.collector() as collector:
        for start in range(0, len(lines), 1_000):
            await collector.add([line.encode() for line in lines[start : start + 1_000]])
        began = time.perf_counter()
        frozen = await collector.freeze()
        listed = time.perf_counter() - began
        encoded = [chunk.lines async for chunk in frozen.chunks()]
        places = dict.fromkeys(MARKETS, 1 + len(lines) // 100)
        began = time.perf_counter()
        async with engine.compute(_each(encoded), KEY, places) as computed:
            drawn = time.perf_counter() - began
            async for _ in computed.results():
                pass
            async for _ in computed.waiting():
                pass
    return Measured(listed=listed, drawn=drawn, longest_ms=1_000 * max(waits, default=0.0))


async def _each(chunks: Sequence[Sequence[bytes]]) -> AsyncIterator[Sequence[bytes]]:
    for chunk in chunks:
        yield chunk


async def _idle() -> float:
    async with _watched() as waits:
        await asyncio.sleep(IDLE_SECONDS)
    return 1_000 * max(waits, default=0.0)


@asynccontextmanager
async def _watched() -> AsyncIterator[list[float]]:
    """How much later than wanted the loop comes back, again and again, in seconds."""
    waits: list[float] = []
    watching = asyncio.create_task(_watch(waits))
    try:
        yield waits
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(waits: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOK_SECONDS)
        waits.append(time.perf_counter() - began - LOOK_SECONDS)
