"""Eligible fans: scored, with a confirmed phone, and admitted by the query (entry-service REQ-006)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.model.ids import UserId
from domain.model.registrations.entry import Entry, EntryStatus, Selection
from domain.model.registrations.markets import MAX_MARKETS, MarketId, Preferences

ByRank = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The filters of a query. Bounds are inclusive. Several markets or selections mean any of them."""

    min_score: float = 0
    max_score: float = 100
    markets: tuple[MarketId, ...] = ()
    max_rank: int = MAX_MARKETS
    """The market must be among this many first preferences."""
    selections: tuple[Selection, ...] = (Selection.NONE,)

    def admits(self, entry: Entry) -> bool:
        if not entry.eligible or entry.score is None:
            return False
        first = entry.details.markets[: self.max_rank]
        wanted = not self.markets or any(market in self.markets for market in first)
        return wanted and self.min_score <= entry.score <= self.max_score and entry.selection in self.selections


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCount:
    """How many fans chose one market, at each rank."""

    market: MarketId
    by_rank: ByRank

    @property
    def total(self) -> int:
        return sum(self.by_rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleCounts:
    total: int
    by_market: Sequence[MarketCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingPosition:
    """A position in the ranking, which is by score descending, then by userId."""

    score: float
    user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """An eligible fan."""

    user_id: UserId
    score: float
    selection: Selection
    markets: Preferences
    phone_confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredMarket:
    all: MarketCount
    confirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCounts:
    """All registrations of a campaign."""

    by_status: dict[EntryStatus, int]
    by_market: Sequence[RegisteredMarket]
    withdrawn: int
    """Registrations that were withdrawn. They are in no other count."""
