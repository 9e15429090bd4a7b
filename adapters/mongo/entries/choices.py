"""An entry's markets as one text, in the fan's order: ``nyc,bos``. So one index key has all of them.

MongoDB keeps a key for each element of a list. So no index has a whole list.

Releases up to 0.2 do not know the choice. They count by ``prefs``: ``1:nyc``, ``2:bos``. For them it is still
written, behind an empty text. Where ``prefs`` begins with a market, such a release wrote the entry last: its
choice is missing, or may be of the markets before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import UpdateOne

from adapters.mongo.driver import Raw
from adapters.mongo.entries.statuses import LIVE
from domain.model.registrations.markets import MAX_MARKETS, MarketId, Preferences

CHOICE: Final = "choice"
SEPARATOR: Final = ","
_ESCAPES: Final = (("%", "%25"), (SEPARATOR, "%2C"))
"""Markets may have any names."""
_KNOWN: Final = ""
CHOICE_UNSURE: Final[Raw] = {"prefs.0": {"$gt": _KNOWN}}
"""Entries that an earlier release wrote last."""


def choice_of(markets: Sequence[str]) -> str:
    return SEPARATOR.join(map(spelled, markets))


def prefs(ranked: Sequence[str]) -> list[str]:
    return [_KNOWN, *(f"{rank}:{market}" for rank, market in enumerate(ranked, start=1))]


def markets_in(choice: str) -> Preferences:
    return tuple(MarketId(_read(one)) for one in choice.split(SEPARATOR)) if choice else ()


def spelled(market: str) -> str:
    """As a choice has it."""
    for character, escape in _ESCAPES:
        market = market.replace(character, escape)
    return market


def _read(spelled: str) -> str:
    for character, escape in reversed(_ESCAPES):
        spelled = spelled.replace(escape, character)
    return spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Any of these markets is among an entry's first. Without markets: any entry."""

    markets: Sequence[str] = ()
    max_rank: int = MAX_MARKETS

    def by(self, choice: str) -> bool:
        return not self.markets or not set(self.markets).isdisjoint(markets_in(choice)[: self.max_rank])

    def by_parts(self, parts: Any) -> Raw:
        """The same as an expression; ``parts``: the markets as they are spelled."""
        if not self.markets:
            return {"$literal": True}
        first = {"$slice": [parts, self.max_rank]}
        return {"$ne": [{"$setIntersection": [first, {"$literal": list(map(spelled, self.markets))}]}, []]}

    def by_markets(self) -> Raw:
        """The same as a filter of documents."""
        if not self.markets:
            return {}
        wanted = {"$in": list(self.markets)}
        if self.max_rank == MAX_MARKETS:
            return {"markets": wanted}
        return {"$or": [{f"markets.{position}": wanted} for position in range(self.max_rank)]}


def parts_of(choice: Any) -> Raw:
    """An expression: the markets of a choice as they are spelled; of a choice that is missing none."""
    return {"$split": [{"$ifNull": [choice, ""]}, SEPARATOR]}


def spelled_parts(markets: Any) -> Raw:
    """An expression: these markets as a choice spells them."""
    written: Any = "$$this"
    for character, escape in _ESCAPES:
        written = {"$replaceAll": {"input": written, "find": character, "replacement": escape}}
    return {"$map": {"input": markets, "in": written}}


def with_choice(document: Raw) -> UpdateOne | None:
    """The write that corrects the choice of a stored entry; None where it is right, or the entry was withdrawn.

    It finds the document only if the markets are still the same: a change made meanwhile writes the choice.
    """
    wanted = {CHOICE: choice_of(document["markets"]), "prefs": prefs(document["markets"])}
    if document["status"] not in LIVE or all(document.get(name) == value for name, value in wanted.items()):
        return None
    as_read = {name: document[name] for name in ("campaignId", "_id", "markets")}
    return UpdateOne(as_read | {"status": {"$in": LIVE}}, {"$set": wanted})
