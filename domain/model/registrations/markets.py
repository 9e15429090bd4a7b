"""Ranked market preferences (entry-service REQ-005): the order is the rank, the first is the primary one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType

from domain.model.errors import InvalidValue

MarketId = NewType("MarketId", str)
Preferences = tuple[MarketId, ...]

MAX_MARKETS: Final = 4
MAX_NAMED: Final = 20
"""The most markets that an error message names."""


def preferences(chosen: Sequence[str], offered: Sequence[MarketId]) -> Preferences:
    """One to four of the campaign's markets, without repeats. Raises InvalidValue for the first wrong one."""
    if not 1 <= len(chosen) <= MAX_MARKETS:
        raise InvalidValue("markets", f"must be 1 to {MAX_MARKETS} markets")
    for index, market in enumerate(chosen):
        if market not in offered:
            raise InvalidValue(f"markets.{index}", "is not a market of this campaign")
        if market in chosen[:index]:
            raise InvalidValue(f"markets.{index}", "is chosen twice")
    return tuple(MarketId(market) for market in chosen)


def unknown_market(field: str, offered: Sequence[MarketId]) -> InvalidValue:
    """The error for a market that the campaign does not have. It names the campaign's markets."""
    more = ", …" if len(offered) > MAX_NAMED else ""
    named = ", ".join(offered[:MAX_NAMED]) or "none"
    return InvalidValue(field, f"is not a market of this campaign; its markets: {named}{more}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """``target`` replaces ``source`` in the preferences of all fans who chose ``source``."""

    source: MarketId
    target: MarketId

    def concerns(self, ranked: Preferences) -> bool:
        return self.source in ranked

    def merges(self, ranked: Preferences) -> bool:
        """Did the fan choose both?"""
        return self.source in ranked and self.target in ranked

    def apply(self, ranked: Preferences) -> Preferences:
        """``target`` gets the rank of ``source``, or the better of the two ranks when the fan chose both.

        The other markets keep their order. A repeat changes nothing.
        """
        if self.source not in ranked:
            return ranked
        moved = [self.target if market == self.source else market for market in ranked]
        return tuple(dict.fromkeys(moved))
