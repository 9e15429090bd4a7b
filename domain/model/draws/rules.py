"""The rules of a draw as staff set them. A wrong rule is refused with the name of its field."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.errors import InvalidValue
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.markets import MarketId, unknown_market
from domain.model.registrations.scoring import MAX_SCORE

MAX_MARKETS: Final = 1_000
MAX_PLACES: Final = 10_000_000
"""Of one market."""
MAX_THRESHOLDS: Final = 20
MAX_WEIGHT: Final = 64
MAX_GROUP_BY: Final = 100
_DECIMALS: Final = 4
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
NO_PLACE: Final = "-"
"""The market of a result line without a place."""
SEPARATORS: Final = ",>"
"""What separates the parts of a line, and the markets in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreWeight:
    """Fans with at least this score have this weight: as many keys, of which the least counts."""

    min_score: float
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRules:
    """Who takes part in a draw, for which places, and with what chances."""

    places: Mapping[MarketId, int]
    tiers: tuple[float, ...] = ()
    """Thresholds of scores, descending. All of a better tier come before all of a worse one."""
    weights: tuple[ScoreWeight, ...] = ()
    """By least score, descending."""
    min_score: float | None = None
    exclude: tuple[FraudStatus, ...] = ()
    """Entries of these fraud statuses take no part. Sorted."""
    group_by: str | None = None
    """Of the entries with the same value of this attribute, one takes part."""

    @property
    def needs_score(self) -> bool:
        """Does an entry without a score take no part?"""
        return self.min_score is not None or bool(self.tiers) or bool(self.weights)


def draw_rules(
    offered: Sequence[MarketId],
    *,
    places: Mapping[str, int],
    tiers: Sequence[float] = (),
    weights: Sequence[ScoreWeight] = (),
    min_score: float | None = None,
    exclude: Sequence[FraudStatus] = (),
    group_by: str | None = None,
) -> DrawRules:
    """The rules, checked and sorted. ``offered``: the markets of the campaign.

    Raises InvalidValue for the first wrong value.
    """
    _check_places(places, offered)
    _check_thresholds(tiers, "tiers", "tiers.{}")
    _check_thresholds([one.min_score for one in weights], "weights", "weights.{}.minScore")
    _check_weights(weights)
    if min_score is not None:
        _check_score(min_score, "minScore")
    _check_group_by(group_by)
    return DrawRules(
        places={MarketId(market): count for market, count in places.items()},
        tiers=tuple(sorted(tiers, reverse=True)),
        weights=tuple(sorted(weights, key=lambda one: one.min_score, reverse=True)),
        min_score=min_score,
        exclude=tuple(sorted(set(exclude))),
        group_by=group_by,
    )


def _check_places(places: Mapping[str, int], offered: Sequence[MarketId]) -> None:
    if not 1 <= len(places) <= MAX_MARKETS:
        raise InvalidValue("places", f"must name 1 to {MAX_MARKETS} markets, each with its number of places")
    for market, count in places.items():
        if reason := market_refusal(market):
            raise InvalidValue("places", reason)
        if market not in offered:
            raise unknown_market(_field_of(market), offered)
        if not 1 <= count <= MAX_PLACES:
            raise InvalidValue(_field_of(market), f"must be 1 to {MAX_PLACES} places")


def _field_of(market: str) -> str:
    """The field of a market's places. An id that cannot stand in the path of a field is left out."""
    return f"places.{market}" if _PLAIN_ID.fullmatch(market) else "places"


def market_refusal(market: str) -> str | None:
    """Why a market with this id cannot be drawn for: its line or its result could be read in two ways."""
    if market in {"", NO_PLACE}:
        return f"cannot be drawn for the market {market!r}: rename the market"
    if any(one in SEPARATORS or unicodedata.category(one) in {"Cc", "Cs"} for one in market):
        return "cannot be drawn for a market with , or > or a control character in its id: rename the market"
    return None


def _check_thresholds(scores: Sequence[float], field: str, each: str) -> None:
    if len(scores) > MAX_THRESHOLDS:
        raise InvalidValue(field, f"must be at most {MAX_THRESHOLDS}")
    for index, score in enumerate(scores):
        _check_score(score, each.format(index))
        if score in scores[:index]:
            raise InvalidValue(each.format(index), "is given twice")


def check_descending(tiers: Sequence[float]) -> None:
    """Staff give the best tier first. Another order may mean that they think of tiers in another way.

    Raises InvalidValue.
    """
    for index, score in enumerate(tiers[1:], start=1):
        if score >= tiers[index - 1]:
            raise InvalidValue(f"tiers.{index}", "must be less than the one before: the best tier comes first")


def _check_score(score: float, field: str) -> None:
    """A score with few decimals is written in the same way by all languages, also when an auditor writes it."""
    if not 0 <= score <= MAX_SCORE:
        raise InvalidValue(field, f"must be a score, 0 to {MAX_SCORE}")
    if round(score, _DECIMALS) != score:
        raise InvalidValue(field, f"must have at most {_DECIMALS} decimals")


def _check_weights(weights: Sequence[ScoreWeight]) -> None:
    for index, one in enumerate(weights):
        if not 1 <= one.weight <= MAX_WEIGHT:
            raise InvalidValue(f"weights.{index}.weight", f"must be 1 to {MAX_WEIGHT}")


def _check_group_by(group_by: str | None) -> None:
    if group_by is not None and not 1 <= len(group_by) <= MAX_GROUP_BY:
        raise InvalidValue("groupBy", f"must be the name of an attribute, 1 to {MAX_GROUP_BY} characters")
    if group_by is not None and any(map(_half, group_by)):
        raise InvalidValue("groupBy", "holds half a character")


def _half(one: str) -> bool:
    """Is it half of a surrogate pair? It cannot be written in UTF-8."""
    return unicodedata.category(one) == "Cs"


def tier_of(score: float | None, tiers: Sequence[float]) -> int:
    """How many thresholds the score is below. 0 is the best tier, and the only one without thresholds."""
    return sum([score is None or score < threshold for threshold in tiers]) if tiers else 0


def weight_of(score: float | None, weights: Sequence[ScoreWeight]) -> int:
    """The weight of the first of ``weights`` that the score reaches. They must be sorted, greatest score first."""
    return next(_reached(score, weights), 1) if weights else 1


def _reached(score: float | None, weights: Sequence[ScoreWeight]) -> Iterator[int]:
    return (one.weight for one in weights if score is not None and score >= one.min_score)
