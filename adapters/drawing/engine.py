"""Draws computed in processes of their own, over files in a temporary folder."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import adapters
from adapters.drawing.computing import RESULTS, WAITING, WAITING_INDEX
from adapters.drawing.freezing import HASH_BYTES, LIST, ROOTS, SPOOL
from adapters.drawing.job import ANSWER, ORDER
from domain.model.draws.allocation import Cutoff
from domain.model.draws.chunks import CHUNK_LINES, ListChunk, ResultChunk, WaitingChunk
from domain.model.draws.draw import DrawResult
from domain.model.draws.errors import DuplicateBallot
from domain.model.draws.lines import MalformedLine
from domain.model.draws.order import Turn
from domain.model.errors import Unavailable
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId
from ports.drawing import Entrant

_BALLOT: Final = 32
_GROUP_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFrozenList:
    folder: Path
    entrants: int
    grouped_out: int
    digest: str
    merkle_root: str

    async def chunks(self) -> AsyncIterator[ListChunk]:
        with (self.folder / LIST).open("rb") as lines, (self.folder / ROOTS).open("rb") as roots:
            for number, chunk in enumerate(_chunks(lines)):
                await asyncio.sleep(0)
                first = BallotId(chunk[0][:_BALLOT].decode())
                yield ListChunk(number=number, first=first, root=roots.read(HASH_BYTES), lines=chunk)


class ProcessEntrantCollector:
    def __init__(self, folder: Path, spool: IO[bytes]) -> None:
        self._folder = folder
        self._spool = spool

    async def add(self, entrants: Sequence[Entrant]) -> None:
        self._spool.write(b"".join(map(_spooled, entrants)))

    async def freeze(self) -> ProcessFrozenList:
        self._spool.close()
        frozen = await _run(self._folder, None)
        if frozen.pop("duplicate"):
            raise DuplicateBallot
        return ProcessFrozenList(folder=self._folder, **frozen)


def _spooled(entrant: Entrant) -> bytes:
    if entrant.group is None:
        return entrant.line.encode() + b"\n"
    digest = hashlib.blake2b(entrant.group.encode(errors="surrogatepass"), digest_size=_GROUP_BYTES)
    return entrant.line.encode() + b"\t" + digest.hexdigest().encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessComputedDraw:
    folder: Path
    result: DrawResult

    async def results(self) -> AsyncIterator[ResultChunk]:
        with (self.folder / RESULTS).open("rb") as lines:
            for number, chunk in enumerate(_chunks(lines)):
                await asyncio.sleep(0)
                yield ResultChunk(number=number, lines=chunk)

    async def waiting(self) -> AsyncIterator[WaitingChunk]:
        markets = list(self.result.cutoffs)
        with (self.folder / WAITING).open("rb") as lines, (self.folder / WAITING_INDEX).open() as index:
            for number, chunk in enumerate(_chunks(lines)):
                await asyncio.sleep(0)
                turn, before = json.loads(index.readline())
                ballot_id = BallotId(chunk[0][:_BALLOT].decode())
                yield WaitingChunk(
                    number=number,
                    first=Turn(int(turn[:4], 16), bytes.fromhex(turn[4:]), ballot_id),
                    before={market: count for market, count in zip(markets, before, strict=True) if count},
                    lines=chunk,
                )


def _chunks(lines: IO[bytes]) -> Iterator[list[bytes]]:
    while chunk := [line[:-1] for line in islice(lines, CHUNK_LINES)]:
        yield chunk


class ProcessDrawEngine:
    """``folder``: where temporary folders are made, of four times the size of a list. None: the system's."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @asynccontextmanager
    async def collector(self) -> AsyncIterator[ProcessEntrantCollector]:
        async with self._temporary() as folder:
            with (folder / SPOOL).open("wb") as spool:
                yield ProcessEntrantCollector(folder, spool)

    @asynccontextmanager
    async def compute(
        self, chunks: AsyncIterator[Sequence[bytes]], key: bytes, places: Mapping[MarketId, int]
    ) -> AsyncIterator[ProcessComputedDraw]:
        async with self._temporary() as folder:
            offsets, entrants = await _write(folder / LIST, chunks)
            order = {"key": key.hex(), "places": dict(places), "offsets": offsets, "entrants": entrants}
            computed = await _run(folder, order)
            if malformed := computed.get("malformed"):
                raise MalformedLine(malformed)
            yield ProcessComputedDraw(folder=folder, result=_result(computed, list(places)))

    @asynccontextmanager
    async def _temporary(self) -> AsyncIterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="fangate-draw-", dir=self._folder))
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _write(path: Path, chunks: AsyncIterator[Sequence[bytes]]) -> tuple[list[int], int]:
    """Store the list. Returns where each of its chunks begins, and the number of its lines."""
    offsets, entrants = [], 0
    with path.open("wb") as file:
        async for chunk in chunks:
            for line in chunk:
                if entrants % CHUNK_LINES == 0:
                    offsets.append(file.tell())
                file.write(line + b"\n")
                entrants += 1
            await asyncio.sleep(0)  # A source that never waits must not keep others from their turn.
    return offsets, entrants


def _result(computed: Mapping[str, Any], markets: Sequence[MarketId]) -> DrawResult:
    cutoffs = [last and Cutoff(last[0], bytes.fromhex(last[1])) for last in computed["cutoffs"]]
    return DrawResult(
        placed=dict(zip(markets, computed["placed"], strict=True)),
        waitlisted=computed["waitlisted"],
        cutoffs=dict(zip(markets, cutoffs, strict=True)),
        result_digest=computed["digest"],
    )


async def _run(folder: Path, order: object) -> dict[str, Any]:
    """Start a process for the order and wait for its answer. It ends when this task is cancelled."""
    (folder / ORDER).write_text(json.dumps(order), encoding="utf-8")
    root = str(Path(adapters.__file__).parent.parent)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapters.drawing.job", str(folder)),
        env={**os.environ, "PYTHONPATH": root},
        start_new_session=True,
    )
    try:
        status = await process.wait()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)  # With the processes that it has started.
            await process.wait()
    if status != 0:
        raise Unavailable("draws", reason=f"the process that computes a draw ended with status {status}")
    answer: dict[str, Any] = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
    return answer
