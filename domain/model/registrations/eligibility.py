"""Who may be given tickets: scored, phone confirmed, and what the query asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.model.ids import UserId
from domain.model.registrations.entry import Entry, EntryStatus, Selection
from domain.model.registrations.markets import MAX_MARKETS, MarketId, Preferences

ByRank = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for; bounds are inclusive, several markets or selections mean any of them."""

    min_score: float = 0
    max_score: float = 100
    markets: tuple[MarketId, ...] = ()
    max_rank: int = MAX_MARKETS
    """The market must be among the first so many preferences."""
    selections: tuple[Selection, ...] = (Selection.NONE,)

    def admits(self, entry: Entry) -> bool:
        if not entry.eligible or entry.score is None:
            return False
        first = entry.details.markets[: self.max_rank]
        wanted = not self.markets or any(market in self.markets for market in first)
        return wanted and self.min_score <= entry.score <= self.max_score and entry.selection in self.selections


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCount:
    """How many chose one market, at each rank."""

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
    """A place in the ranking: score descending, then userId."""

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
