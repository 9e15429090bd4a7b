"""Makes the list of a draw from a spool: sorts it, leaves out all but one of each group, digests it.

The spool has one line an entrant, ``line`` or ``line TAB group``, in any order. Lines are first parted by the
first digit of their ballots, which are random. Each part is sorted alone; the parts one behind the other are the
sorted list. A spool that is in this order already, as a store may read it, becomes the list as it is.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from operator import ge
from pathlib import Path
from typing import Final, NamedTuple

from adapters.drawing.slices import SMALL_BYTES, Slice, Spread, slices_at, slices_of
from adapters.drawing.workers import Map, workers
from domain.model.draws.chunks import CHUNK_LINES
from domain.model.draws.merkle import subtree_root

SPOOL: Final = "spool"
LIST: Final = "list"
ROOTS: Final = "roots"
HASH_BYTES: Final = 32
_BALLOT: Final = 32
_DIGITS: Final = "0123456789abcdef"
_BATCH: Final = 20_000
_BUFFER_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True)
class Frozen:
    """What is known of the list in the folder."""

    entrants: int
    grouped_out: int
    digest: str
    merkle_root: str
    duplicate: bool = False
    """Two entrants have one ballot. Then there is no list."""


class SortedPart(NamedTuple):
    path: Path
    duplicate: bool


class Joined(NamedTuple):
    """What is known of a list when it is written."""

    digest: str
    entrants: int
    offsets: list[int]
    """Where each chunk begins."""


def freeze(folder: Path) -> Frozen:
    spool = folder / SPOOL
    with workers(alone=spool.stat().st_size <= SMALL_BYTES) as run:
        grouped_out, joined = 0, _as_it_is(spool)
        if joined is None:
            grouped_out, parts = _sorted_parts(spool, run)
            if any(part.duplicate for part in parts):
                return Frozen(0, 0, "", "", duplicate=True)
            joined = _join([part.path for part in parts], folder / LIST)
        else:
            spool.rename(folder / LIST)
        roots = b"".join(run(chunk_roots, slices_at(folder / LIST, joined.offsets)))
    (folder / ROOTS).write_bytes(roots)
    root = subtree_root(roots[at : at + HASH_BYTES] for at in range(0, len(roots), HASH_BYTES))
    return Frozen(joined.entrants, grouped_out, joined.digest, root.hex())


def _as_it_is(spool: Path) -> Joined | None:
    """What is known of the spool as a list. None: it is not sorted, has groups, or has a ballot twice."""
    digest, entrants, offsets, last, end = hashlib.sha256(), 0, [], b"", 0
    with spool.open("rb", buffering=_BUFFER_BYTES) as file:
        while chunk := list(islice(file, CHUNK_LINES)):
            ballots = [last, *(line[:_BALLOT] for line in chunk)]
            text = b"".join(chunk)
            if b"\t" in text or any(map(ge, ballots, ballots[1:])):
                return None
            offsets.append(end)
            digest.update(text)
            entrants, end, last = entrants + len(chunk), end + len(text), ballots[-1]
    return Joined(digest.hexdigest(), entrants, offsets)


def _sorted_parts(spool: Path, run: Map) -> tuple[int, list[SortedPart]]:
    """How many the groups leave out, and the list in parts."""
    for _ in run(_part, slices_of(spool)):
        pass
    spool.unlink()
    grouped_out = sum(run(partial(_choose, spool.parent), _DIGITS))
    return grouped_out, list(run(partial(_sort, spool.parent), _DIGITS))


def _part(spool: Slice) -> None:
    """Lines with a group by the first digit of the group, the others by that of the ballot."""
    spread = Spread(spool.path.parent, str(spool.start))
    lines = spool.lines()
    while batch := list(islice(lines, _BATCH)):
        for line in batch:
            start, tab, group = line.partition(b"\t")
            spread.to(f"group-{chr(group[0])}" if tab else f"ballot-{chr(start[0])}").extend(line)
        spread.flush(_BUFFER_BYTES)
    spread.flush()


def _choose(folder: Path, digit: str) -> int:
    """Of each group the least ballot takes part. Returns how many do not."""
    least: dict[bytes, bytes] = {}
    found = 0
    for line in _lines(folder, f"group-{digit}.*"):
        found += 1
        entrant, _, group = line.partition(b"\t")
        known = least.setdefault(group, entrant)
        if entrant[:_BALLOT] < known[:_BALLOT]:
            least[group] = entrant
    spread = Spread(folder, f"group-{digit}")
    for entrant in least.values():
        spread.to(f"ballot-{chr(entrant[0])}").extend(entrant + b"\n")
    spread.flush()
    return found - len(least)


def _sort(folder: Path, digit: str) -> SortedPart:
    lines = sorted(_lines(folder, f"ballot-{digit}.*"))
    path = folder / f"sorted-{digit}"
    with path.open("wb") as file:
        file.writelines(lines)
    ballots = {line[:_BALLOT] for line in lines}
    return SortedPart(path, len(ballots) < len(lines))


def _lines(folder: Path, pattern: str) -> Iterator[bytes]:
    """The lines of these files, which are removed."""
    for path in sorted(folder.glob(pattern)):
        with path.open("rb") as file:
            yield from file
        path.unlink()


def _join(parts: Iterable[Path], path: Path) -> Joined:
    """Write the parts one behind the other."""
    digest, entrants, offsets = hashlib.sha256(), 0, []
    lines = chain.from_iterable(map(_removed, parts))
    with path.open("wb") as file:
        while chunk := list(islice(lines, CHUNK_LINES)):
            offsets.append(file.tell())
            entrants += len(chunk)
            joined = b"".join(chunk)
            digest.update(joined)
            file.write(joined)
    return Joined(digest.hexdigest(), entrants, offsets)


def _removed(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
    path.unlink()


def chunk_roots(part: Slice) -> bytes:
    """The Merkle roots of the chunks that the slice begins with, one behind the other."""
    lines = part.lines()
    roots = []
    while chunk := list(islice(lines, CHUNK_LINES)):
        roots.append(_root([line[:-1] for line in chunk]))
    return b"".join(roots)


def _root(lines: list[bytes]) -> bytes:
    """As ``chunk_root`` of the model, level by level: an odd hash at the end goes up as it is. That is faster."""
    sha = hashlib.sha256
    hashes = [sha(b"\x00" + line).digest() for line in lines]
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        above = [sha(b"\x01" + left + right).digest() for left, right in pairs]
        hashes = above + hashes[2 * len(above) :]
    return hashes[0]
