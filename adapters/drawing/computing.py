"""Runs a draw over the file of its list.

Each entrant becomes a record that sorts as its turn does: tier, key, position in the list. The list is sorted by
ballots, so the position breaks a tie as the ballot would. Records are parted by tier and first digit of the key.
Each part is sorted alone; then the parts are read one behind the other.
"""

import hashlib
import json
import mmap
import re
import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from adapters.drawing.freezing import LIST
from adapters.drawing.slices import SMALL_BYTES, Slice, Spread, slices_at
from adapters.drawing.workers import workers
from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.lines import Line, MalformedLine
from domain.model.draws.rules import NO_PLACE

RESULTS: Final = "results"
WAITING: Final = "waiting"
WAITING_INDEX: Final = "waiting-index"
RECORD: Final = struct.Struct(">34sQII")
"""Tier and key, where the line begins in the file, its position in the list, and its markets."""
_TURN: Final = struct.Struct(">H32s")
_LINE: Final = re.compile(rb"([0-9a-f]{32}),(0|[1-9][0-9]{0,3}),([1-9]|[1-5][0-9]|6[0-4]),(.+)\n")
_BALLOT: Final = 32
_BLOCK: Final = 64
"""Bytes that SHA-256 takes at a time."""
_BATCH: Final = 10_000
_BUFFER_BYTES: Final = 262_144
_MARKETS_BITS: Final = 24
Markets = tuple[int, ...]
"""Positions in the list of markets with places."""


class Turns(NamedTuple):
    """What one process found in its slice of the list."""

    parts: frozenset[str]
    """The parts that its records are in. Their names sort as their turns do."""
    markets: Sequence[Markets]
    """The different preferences, in the order of the numbers that records have for them."""


@dataclass(frozen=True, slots=True)
class Computed:
    """The result, by position of the market. Its lines are in the folder."""

    placed: list[int]
    waitlisted: int
    cutoffs: list[tuple[int, str] | None]
    digest: str


def compute(
    folder: Path, key: bytes, places: Mapping[str, int], offsets: Sequence[int], entrants: int
) -> Computed:
    """The list is in the folder. ``offsets``: where its chunks begin. Raises MalformedLine."""
    path, names = folder / LIST, list(places)
    positions = {name.encode(): position for position, name in enumerate(names)}
    with workers(alone=path.stat().st_size <= SMALL_BYTES) as run:
        turns = list(run(partial(_turns, key, positions), slices_at(path, offsets)))
        parts = sorted(frozenset().union(*(one.parts for one in turns)))
        records = _records(run(partial(_sort, folder), parts))
        allocation = _Allocation([one.markets for one in turns], list(places.values()), entrants)
        waitlisted = _write_waiting(folder, names, allocation, allocation.waiting(records))
    digest = _write_results(path, folder / RESULTS, allocation.got, names)
    return Computed(allocation.placed, waitlisted, allocation.cutoffs, digest)


def _turns(key: bytes, positions: Mapping[bytes, int], part: Slice) -> Turns:
    """Write the records of a slice."""
    hashed, spread = _Hashed(key), Spread(part.path.parent, str(part.number))
    known: dict[bytes, int] = {}
    found: list[Markets] = []
    offset, position = part.start, part.first * CHUNK_LINES
    for line in part.lines():
        ballot, tier, weight, markets = _split(line)
        code = known.get(markets)
        if code is None:
            code = known[markets] = part.number << _MARKETS_BITS | len(found)
            found.append(_positions(line, positions))
        turn = _TURN.pack(int(tier), hashed.least(ballot, int(weight)))
        spread.to(_part_of(turn)).extend(RECORD.pack(turn, offset, position, code))
        offset, position = offset + len(line), position + 1
        if position % _BATCH == 0:
            spread.flush(_BUFFER_BYTES)
    spread.flush()
    return Turns(frozenset(spread.parts), found)


def _part_of(turn: bytes) -> str:
    return turn[:3].hex()[:5]


def _split(line: bytes) -> tuple[bytes, ...]:
    matched = _LINE.fullmatch(line)
    if matched is None:
        Line.parse(line.removesuffix(b"\n"))
        raise MalformedLine("must end with a line feed")
    return matched.groups()


def _positions(line: bytes, positions: Mapping[bytes, int]) -> Markets:
    markets = (market.encode() for market in Line.parse(line[:-1]).markets)
    return tuple(positions[market] for market in markets if market in positions)


class _Hashed:
    """Keys of ballots, as ``ballot_key`` of the model. The two blocks that begin every HMAC are hashed once."""

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def least(self, ballot: bytes, weight: int) -> bytes:
        if weight == 1:
            return self._hmac(ballot + b"\0\0")
        return min(self._hmac(ballot + turn.to_bytes(2, "big")) for turn in range(weight))

    def _hmac(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def _sort(folder: Path, part: str) -> Path:
    """Write the records of a part in their order."""
    paths = list(folder.glob(f"{part}.*"))
    data = b"".join(path.read_bytes() for path in paths)
    records = sorted(data[at : at + RECORD.size] for at in range(0, len(data), RECORD.size))
    sorted_path = folder / f"sorted-{part}"
    sorted_path.write_bytes(b"".join(records))
    for path in paths:
        path.unlink()
    return sorted_path


def _records(paths: Iterable[Path]) -> Iterator[tuple[bytes, int, int, int]]:
    for path in paths:
        yield from RECORD.iter_unpack(path.read_bytes())
        path.unlink()


class _Allocation:
    """As ``allocate`` of the model, with positions for markets and entrants."""

    def __init__(self, markets: Sequence[Sequence[Markets]], places: Sequence[int], entrants: int) -> None:
        self._places = places
        self._left = list(places)
        self._last: list[bytes | None] = [None] * len(places)
        self.markets = {
            number << _MARKETS_BITS | code: one
            for number, of_slice in enumerate(markets)
            for code, one in enumerate(of_slice)
        }
        self.got = array("H", [0]) * entrants
        """By position in the list: the position of the market, from 1. 0: no place."""

    def waiting(self, records: Iterable[tuple[bytes, int, int, int]]) -> Iterator[tuple[bytes, int, int]]:
        """Let each in turn take a place. Yields turn, line and markets of those who find none."""
        left, markets, got = self._left, self.markets, self.got
        for turn, offset, position, code in records:
            for market in markets[code]:
                if left[market]:
                    left[market] -= 1
                    got[position] = market + 1
                    if not left[market]:
                        self._last[market] = turn
                    break
            else:
                yield turn, offset, code

    @property
    def placed(self) -> list[int]:
        return [all_of - left for all_of, left in zip(self._places, self._left, strict=True)]

    @property
    def cutoffs(self) -> list[tuple[int, str] | None]:
        return [None if last is None else (_TURN.unpack(last)[0], last[2:].hex()) for last in self._last]


def _write_waiting(
    folder: Path, names: Sequence[str], allocation: _Allocation, waiting: Iterator[tuple[bytes, int, int]]
) -> int:
    """The lines of those who wait, in their order, and of each chunk its first turn and who waits before it."""
    before, waitlisted = [0] * len(names), 0
    with (
        (folder / WAITING).open("wb") as lines,
        (folder / WAITING_INDEX).open("w") as index,
        mapped(folder / LIST) as list_file,
    ):
        while chunk := list(islice(waiting, CHUNK_LINES)):
            index.write(json.dumps([chunk[0][0].hex(), before]) + "\n")
            lines.writelines(list_file[at : list_file.find(b"\n", at) + 1] for _, at, _ in chunk)
            for code, count in Counter(code for _, _, code in chunk).items():
                for market in allocation.markets[code]:
                    before[market] += count
            waitlisted += len(chunk)
    return waitlisted


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """The content of a file. An empty file cannot be mapped."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def _write_results(list_path: Path, path: Path, got: Sequence[int], names: Sequence[str]) -> str:
    """A line for each of the list, in its order, which is that of the result."""
    ends = [f",{name}\n".encode() for name in (NO_PLACE, *names)]
    digest = hashlib.sha256()
    with list_path.open("rb") as lines, path.open("wb") as file:
        results = (line[:_BALLOT] + ends[market] for line, market in zip(lines, got, strict=True))
        while chunk := b"".join(islice(results, CHUNK_LINES)):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
