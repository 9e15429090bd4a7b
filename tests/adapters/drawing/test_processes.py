"""The engine of large draws: work is shared by processes, which end with their caller and leave nothing."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.drawing.engine import ProcessDrawEngine
from adapters.drawing.slices import SMALL_BYTES, slices_of
from adapters.memory.drawing import MemoryDrawEngine
from domain.model.draws.lines import Line
from domain.model.errors import Unavailable
from ports.drawing import DrawEngine
from tests.support.drawing import MARKETS, ballot, in_chunks
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at in /proc")
KEY = bytes(range(32))
ENTRANTS = 90_000
KEEPS_A_FOLDER = """
import asyncio, sys
from pathlib import Path
from adapters.drawing.engine import ProcessDrawEngine

async def keep():
    async with ProcessDrawEngine(Path(sys.argv[1])).collector():
        await asyncio.Event().wait()

asyncio.run(keep())
"""
PLACES = dict.fromkeys(MARKETS, ENTRANTS // 20)
Entrant = tuple[bytes, str | None]
"""Line and group."""


@pytest.fixture(scope="module")
def entrants() -> list[Entrant]:
    """So many that their list is shared by several processes; a tenth is in groups of about three."""
    rng = random.Random(7)
    lines = (
        Line(ballot(number), rng.randrange(3), rng.choice((1, 1, 1, 2)), tuple(rng.sample(MARKETS, 3)))
        for number in range(ENTRANTS)
    )
    return [(line.encode(), str(rng.randrange(3_000)) if rng.random() < 0.1 else None) for line in lines]


async def frozen_by(engine: DrawEngine, entrants: list[Entrant]) -> tuple[object, ...]:
    async with engine.collector() as collector:
        for start in range(0, len(entrants), 10_000):
            some = entrants[start : start + 10_000]
            await collector.add([line for line, _ in some], [group for _, group in some])
        frozen = await collector.freeze()
        chunks = [chunk async for chunk in frozen.chunks()]
    return frozen.entrants, frozen.grouped_out, frozen.digest, frozen.merkle_root, chunks


async def computed_by(engine: DrawEngine, lines: list[bytes]) -> tuple[object, ...]:
    async with engine.compute(in_chunks(lines), KEY, PLACES) as computed:
        results = [chunk async for chunk in computed.results()]
        return computed.result, results, [chunk async for chunk in computed.waiting()]


async def test_many_entrants_give_what_the_model_gives(entrants: list[Entrant], tmp_path: Path) -> None:
    lines = sorted(line for line, _ in entrants)
    assert sum(map(len, lines)) > SMALL_BYTES

    engine, model = ProcessDrawEngine(tmp_path), MemoryDrawEngine()
    assert await frozen_by(engine, entrants) == await frozen_by(model, entrants)
    assert await computed_by(engine, lines) == await computed_by(model, lines)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sizes", [[], [0], [1] * 3, [200, 0, 0, 1], [3] * 40], ids=str)
def test_slices_are_the_whole_lines_of_the_file(sizes: list[int], tmp_path: Path) -> None:
    path = tmp_path / "file"
    lines = [b"%d" % number * size + b"\n" for number, size in enumerate(sizes)]
    path.write_bytes(b"".join(lines))

    assert [line for part in slices_of(path) for line in part.lines()] == lines


async def test_a_process_that_ends_early_is_reported_as_unavailable(
    tmp_path: Path, entrants: list[Entrant]
) -> None:
    lines = sorted(line for line, _ in entrants)
    computing = asyncio.create_task(computed_by(ProcessDrawEngine(tmp_path), lines))

    leader = await leader_in(tmp_path)
    (folder,) = tmp_path.iterdir()
    held = [path.resolve() for path in Path(f"/proc/{leader}/fd").iterdir()]
    os.kill(leader, signal.SIGKILL)

    assert folder in held, "the folder is held also when the caller is killed first"
    with pytest.raises(Unavailable):
        await computing
    assert list(tmp_path.iterdir()) == []


async def test_a_caller_who_leaves_ends_all_processes(tmp_path: Path, entrants: list[Entrant]) -> None:
    lines = sorted(line for line, _ in entrants)
    computing = asyncio.create_task(computed_by(ProcessDrawEngine(tmp_path), lines))
    leader = await leader_in(tmp_path)
    await until(lambda: len(session_of(leader)) > 1)

    computing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await computing

    await until(lambda: not session_of(leader))
    assert computing.cancelled()
    assert list(tmp_path.iterdir()) == []


async def test_what_a_killed_process_left_is_removed_and_what_others_hold_is_not(tmp_path: Path) -> None:
    engine = ProcessDrawEngine(tmp_path)
    async with engine.collector() as collector:
        await collector.add([Line(ballot(1), 0, 1, MARKETS).encode()])
        (held,) = tmp_path.iterdir()
        with subprocess.Popen([sys.executable, "-c", KEEPS_A_FOLDER, str(tmp_path)], cwd=ROOT) as process:
            try:
                await until(lambda: len(list(tmp_path.glob("*/spool"))) == 2)
                engine.remove_left()
                assert len(list(tmp_path.iterdir())) == 2
            finally:
                process.kill()
        assert len(list(tmp_path.iterdir())) == 2
        engine.remove_left()
        assert list(tmp_path.iterdir()) == [held]
        assert (await collector.freeze()).entrants == 1


async def leader_in(folder: Path) -> int:
    """The process that works in the folder."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [pid for pid in processes() if str(folder).encode() in command_of(pid)]
        return bool(found)

    await until(look)
    return found[0]


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not wanted():
            await asyncio.sleep(0.01)


def processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def command_of(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def session_of(leader: int) -> list[int]:
    """The living processes that were started by this one, and itself."""
    return [pid for pid in processes() if command_of(pid) and session(pid) == leader]


def session(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return None
