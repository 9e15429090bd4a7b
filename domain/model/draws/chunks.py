"""Lists and results in pieces, so that one line of millions can be read, and proved, without reading the others.

A chunk of the list is a whole part of the Merkle tree. So a fan's proof needs the lines of one chunk, and the
roots of all chunks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeVar

from domain.model.draws.lines import Line
from domain.model.draws.merkle import audit_path, leaf_hash, subtree_root
from domain.model.draws.order import Turn
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId

CHUNK_LINES: Final = 1_024
"""A power of two: only then is a chunk a whole part of the Merkle tree."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChunk:
    """Up to 1,024 lines of the list. Only the last chunk may have fewer."""

    number: int
    """From 0."""
    first: BallotId
    """The ballot of its first line."""
    root: bytes
    """The Merkle root of its lines."""
    lines: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultChunk:
    """Up to 1,024 lines of the result, for the same ballots as the chunk of the list with this number."""

    number: int
    lines: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingChunk:
    """Up to 1,024 lines of entrants without a place, in the order of the draw."""

    number: int
    first: Turn
    """When the first of them chooses."""
    before: Mapping[MarketId, int]
    """How many of the chunks before wait, by market."""
    lines: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Shows that a line is in the list with a published root (RFC 9162, section 2.1.3)."""

    index: int
    size: int
    path: tuple[bytes, ...]


def list_chunks(encoded: Iterable[bytes]) -> Iterator[ListChunk]:
    """The chunks of a sorted list."""
    for number, lines in enumerate(pieces(encoded)):
        first = BallotId(lines[0][: lines[0].index(b",")].decode())
        yield ListChunk(number=number, first=first, root=chunk_root(lines), lines=lines)


def result_chunks(encoded: Iterable[bytes]) -> Iterator[ResultChunk]:
    """The chunks of a sorted result."""
    for number, lines in enumerate(pieces(encoded)):
        yield ResultChunk(number=number, lines=lines)


def waiting_chunks(waiting: Iterable[tuple[Turn, Line]]) -> Iterator[WaitingChunk]:
    """The chunks of those who wait. ``waiting``: in the order of the draw."""
    before: dict[MarketId, int] = {}
    for number, piece in enumerate(pieces(waiting)):
        lines = [line.encode() for _, line in piece]
        yield WaitingChunk(number=number, first=piece[0][0], before=dict(before), lines=lines)
        for _, line in piece:
            for market in line.markets:
                before[market] = before.get(market, 0) + 1


def waitlist_positions(chunk: WaitingChunk, line: Line) -> Mapping[MarketId, int]:
    """The place of an entrant in the waitlist of each market of the line, from 1. ``chunk``: the one with the
    line."""
    ahead = Counter(chunk.before)
    for other in map(Line.parse, chunk.lines):
        if other.ballot_id == line.ballot_id:
            break
        ahead.update(other.markets)
    return {market: ahead[market] + 1 for market in line.markets}


def pieces(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while piece := list(islice(left, CHUNK_LINES)):
        yield piece


def chunk_root(lines: Iterable[bytes]) -> bytes:
    return subtree_root(map(leaf_hash, lines))


def proof_of(index: int, size: int, chunk: Sequence[bytes], roots: Sequence[bytes]) -> Proof:
    """The proof of one line. ``chunk``: the lines of its chunk. ``roots``: those of all chunks, in their order."""
    number, within = divmod(index, CHUNK_LINES)
    below = audit_path([leaf_hash(line) for line in chunk], within)
    return Proof(index=index, size=size, path=(*below, *audit_path(roots, number)))
