"""Draws computed in processes of their own, over files in a temporary folder."""

import asyncio
import hashlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import adapters
from adapters.drawing.computing import RESULTS, WAITING, WAITING_INDEX
from adapters.drawing.folders import HeldFolder, new_folder, remove_left
from adapters.drawing.freezing import HASH_BYTES, LIST, ROOTS, SPOOL
from adapters.drawing.job import ANSWER, ORDER
from domain.model.draws.allocation import Cutoff, DrawResult
from domain.model.draws.chunks import CHUNK_LINES, ListChunk, ResultChunk, WaitingChunk
from domain.model.draws.errors import DuplicateBallot
from domain.model.draws.lines import MalformedLine
from domain.model.draws.order import Turn
from domain.model.errors import Unavailable
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId

_BALLOT: Final = 32
_GROUP_BYTES: Final = 16
_CHUNKS_AT_ONCE: Final = 16
_BYTES_AT_ONCE: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFrozenList:
    folder: Path
    entrants: int
    grouped_out: int
    digest: str
    merkle_root: str

    async def chunks(self) -> AsyncIterator[ListChunk]:
        with (self.folder / LIST).open("rb") as lines, (self.folder / ROOTS).open("rb") as roots:
            async for number, chunk in _chunks(lines):
                first = BallotId(chunk[0][:_BALLOT].decode())
                yield ListChunk(number=number, first=first, root=roots.read(HASH_BYTES), lines=chunk)


class ProcessEntrantCollector:
    def __init__(self, folder: HeldFolder, spool: IO[bytes]) -> None:
        self._folder = folder
        self._spool = spool

    async def add(self, lines: Sequence[bytes], groups: Sequence[str | None] | None = None) -> None:
        spooled = lines if groups is None else list(map(_with_group, lines, groups))
        if spooled:
            await _written(self._spool, b"\n".join(spooled) + b"\n")

    async def freeze(self) -> ProcessFrozenList:
        self._spool.close()
        frozen = await _run(self._folder, None)
        if frozen.pop("duplicate"):
            raise DuplicateBallot
        return ProcessFrozenList(folder=self._folder.path, **frozen)


def _with_group(line: bytes, group: str | None) -> bytes:
    if group is None:
        return line
    digest = hashlib.blake2b(group.encode(errors="surrogatepass"), digest_size=_GROUP_BYTES)
    return line + b"\t" + digest.hexdigest().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessComputedDraw:
    folder: Path
    result: DrawResult

    async def results(self) -> AsyncIterator[ResultChunk]:
        with (self.folder / RESULTS).open("rb") as lines:
            async for number, chunk in _chunks(lines):
                yield ResultChunk(number=number, lines=chunk)

    async def waiting(self) -> AsyncIterator[WaitingChunk]:
        markets = list(self.result.cutoffs)
        with (self.folder / WAITING).open("rb") as lines, (self.folder / WAITING_INDEX).open() as index:
            async for number, chunk in _chunks(lines):
                turn, before = json.loads(index.readline())
                ballot_id = BallotId(chunk[0][:_BALLOT].decode())
                yield WaitingChunk(
                    number=number,
                    first=Turn(int(turn[:4], 16), bytes.fromhex(turn[4:]), ballot_id),
                    before={market: count for market, count in zip(markets, before, strict=True) if count},
                    lines=chunk,
                )


async def _chunks(lines: IO[bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """With their numbers. A thread reads, since a disk may keep it waiting."""
    number = 0
    while some := await asyncio.to_thread(_some_chunks, lines):
        for chunk in some:
            yield number, chunk
            number += 1
            await asyncio.sleep(0)


def _some_chunks(lines: IO[bytes]) -> list[list[bytes]]:
    chunks = ([line[:-1] for line in islice(lines, CHUNK_LINES)] for _ in range(_CHUNKS_AT_ONCE))
    return [chunk for chunk in chunks if chunk]


async def _written(file: IO[bytes], data: bytes) -> None:
    """A thread writes, since a disk may keep it waiting."""
    await asyncio.to_thread(file.write, data)


class ProcessDrawEngine:
    """``folder``: where temporary folders are made, of four times the size of a list. None: the system's."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir())

    def remove_left(self) -> None:
        """Remove what killed processes of engines have left."""
        remove_left(self._folder)

    @asynccontextmanager
    async def collector(self) -> AsyncIterator[ProcessEntrantCollector]:
        async with self._temporary() as folder:
            with (folder.path / SPOOL).open("wb") as spool:
                yield ProcessEntrantCollector(folder, spool)

    @asynccontextmanager
    async def compute(
        self, chunks: AsyncIterator[Sequence[bytes]], key: bytes, places: Mapping[MarketId, int]
    ) -> AsyncIterator[ProcessComputedDraw]:
        async with self._temporary() as folder:
            offsets, entrants = await _write(folder.path / LIST, chunks)
            order = {"key": key.hex(), "places": dict(places), "offsets": offsets, "entrants": entrants}
            computed = await _run(folder, order)
            if malformed := computed.get("malformed"):
                raise MalformedLine(malformed)
            yield ProcessComputedDraw(folder=folder.path, result=_result(computed, list(places)))

    @asynccontextmanager
    async def _temporary(self) -> AsyncIterator[HeldFolder]:
        await asyncio.to_thread(self.remove_left)
        folder = new_folder(self._folder)
        try:
            yield folder
        finally:
            await asyncio.to_thread(folder.remove)


async def _write(path: Path, chunks: AsyncIterator[Sequence[bytes]]) -> tuple[list[int], int]:
    """Store the list. Returns where each of its chunks begins, and the number of its lines."""
    offsets, entrants, end = list[int](), 0, 0
    waiting = bytearray()
    with path.open("wb") as file:
        async for chunk in chunks:
            for line in chunk:
                if entrants % CHUNK_LINES == 0:
                    offsets.append(end + len(waiting))
                waiting += line + b"\n"
                entrants += 1
            if len(waiting) >= _BYTES_AT_ONCE:
                end += len(waiting)
                await _written(file, bytes(waiting))
                waiting.clear()
        await _written(file, bytes(waiting))
    return offsets, entrants


def _result(computed: Mapping[str, Any], markets: Sequence[MarketId]) -> DrawResult:
    cutoffs = [last and Cutoff(last[0], bytes.fromhex(last[1])) for last in computed["cutoffs"]]
    return DrawResult(
        placed=dict(zip(markets, computed["placed"], strict=True)),
        waitlisted=computed["waitlisted"],
        cutoffs=dict(zip(markets, cutoffs, strict=True)),
        result_digest=computed["digest"],
    )


async def _run(folder: HeldFolder, order: object) -> dict[str, Any]:
    """Start a process for the order and wait for its answer. It ends when this task is cancelled."""
    (folder.path / ORDER).write_text(json.dumps(order), encoding="utf-8")
    root = str(Path(adapters.__file__).parent.parent)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapters.drawing.job", str(folder.path)),
        env={**os.environ, "PYTHONPATH": root},
        pass_fds=(folder.lock,),
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
    answer: dict[str, Any] = json.loads((folder.path / ANSWER).read_text(encoding="utf-8"))
    return answer
