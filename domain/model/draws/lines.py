"""The list of entrants: one line an entrant, sorted by its bytes (steps 1 and 2 in docs/fair-draws.md).

The list is published as a digest at the announcement. A changed, added or removed line changes the digest.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.model.draws.rules import MAX_WEIGHT, market_refusal
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId, Preferences

LONGEST_LINE: Final = 65_536
"""Bytes. A longer line of a file is refused before it is parsed."""
_BALLOT: Final = re.compile(r"[0-9a-f]{32}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,3}")
_PARTS: Final = 4


class MalformedLine(ValueError):
    """The text is no line of a list. The message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the draw knows of one entrant."""

    ballot_id: BallotId
    tier: int
    weight: int
    markets: Preferences
    """In the fan's order, and only markets with places."""

    def encode(self) -> bytes:
        """The line without its line feed. The order of the markets is the fan's: never sort them."""
        return f"{self.ballot_id}{between(self.tier, self.weight)}{'>'.join(self.markets)}".encode()

    @classmethod
    def parse(cls, encoded: bytes) -> "Line":
        """Raises MalformedLine for a text that ``encode`` does not give."""
        if len(encoded) > LONGEST_LINE:
            raise MalformedLine(f"is longer than {LONGEST_LINE} bytes")
        try:
            parts = encoded.decode().split(",")
        except UnicodeDecodeError:
            raise MalformedLine("is not UTF-8") from None
        if len(parts) != _PARTS:
            raise MalformedLine("must have four parts: ballotId,tier,weight,markets")
        ballot_id, tier, weight, markets = parts
        if not is_ballot_id(ballot_id):
            raise MalformedLine("must begin with a ballotId, 32 hex digits in lower case")
        if not _NUMBER.fullmatch(tier):
            raise MalformedLine("must have a tier, a number from 0")
        if not _NUMBER.fullmatch(weight) or not 1 <= int(weight) <= MAX_WEIGHT:
            raise MalformedLine(f"must have a weight, a number from 1 to {MAX_WEIGHT}")
        return cls(BallotId(ballot_id), int(tier), int(weight), _markets(markets))


def _markets(text: str) -> Preferences:
    markets = tuple(MarketId(market) for market in text.split(">"))
    if any(map(market_refusal, markets)):
        raise MalformedLine("must have markets with > between them")
    if len(set(markets)) < len(markets):
        raise MalformedLine("must have no market twice")
    return markets


def between(tier: int, weight: int) -> str:
    """What a line has between its ballot and its markets."""
    return f",{tier},{weight},"


def is_ballot_id(text: str) -> bool:
    return _BALLOT.fullmatch(text) is not None


def drawn_for(chosen: Preferences, places: Iterable[MarketId]) -> Preferences:
    """The fan's markets that have places, in the fan's order."""
    offered = frozenset(places)
    return tuple(market for market in chosen if market in offered)


def sorted_lines(lines: Iterable[Line]) -> list[bytes]:
    """The encoded lines in the order of the list.

    Sort the bytes, not the text: databases and some languages sort text by other rules.
    """
    return sorted(line.encode() for line in lines)


def list_digest(encoded: Iterable[bytes]) -> str:
    """SHA-256 of the list. Each line ends with a line feed, the last one too."""
    digest = hashlib.sha256()
    for line in encoded:
        digest.update(line + b"\n")
    return digest.hexdigest()
