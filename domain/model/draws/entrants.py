"""Who takes part in a draw, and why others do not (see ``excluded`` in docs/fair-draws.md)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from domain.model.draws.lines import Line, drawn_for
from domain.model.draws.rules import DrawRules, tier_of, weight_of
from domain.model.ids import BallotId
from domain.model.registrations.entry import FraudStatus, Selection
from domain.model.registrations.markets import Preferences


class Exclusion(StrEnum):
    """Why an entry takes no part. The first that applies is counted, in this order."""

    UNCONFIRMED = "unconfirmed"
    SELECTED_BEFORE = "selected_before"
    """Staff or an earlier draw selected the fan, put the fan on a waitlist, or the fan declined."""
    FRAUD = "fraud"
    SCORE = "score"
    MARKET = "market"
    """The fan ranked no market that has places."""
    GROUP = "group"
    """Another entry of the same group takes part."""


class Standing(NamedTuple):
    """What is looked at before the score."""

    confirmed: bool
    selection: Selection
    fraud: FraudStatus

    def excluded_by(self, rules: DrawRules) -> Exclusion | None:
        """The first reason. None: look at the score, and then at the markets."""
        if not self.confirmed:
            return Exclusion.UNCONFIRMED
        if self.selection is not Selection.NONE:
            return Exclusion.SELECTED_BEFORE
        return Exclusion.FRAUD if self.fraud in rules.exclude else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What of an entry decides if it takes part. A withdrawn entry is no candidate and is not counted."""

    ballot_id: BallotId
    confirmed: bool
    selection: Selection
    fraud: FraudStatus
    score: float | None
    markets: Preferences
    group: str | None = field(default=None, repr=False)
    """The value of the attribute ``groupBy``."""

    def excluded_by(self, rules: DrawRules) -> Exclusion | None:
        """The first reason of the entry itself. Its group is not looked at."""
        standing = Standing(self.confirmed, self.selection, self.fraud)
        if reason := standing.excluded_by(rules):
            return reason
        if not has_score(self.score, rules):
            return Exclusion.SCORE
        return None if drawn_for(self.markets, rules.places) else Exclusion.MARKET

    def line(self, rules: DrawRules) -> Line:
        markets = drawn_for(self.markets, rules.places)
        return Line(
            self.ballot_id, tier_of(self.score, rules.tiers), weight_of(self.score, rules.weights), markets
        )


def has_score(score: float | None, rules: DrawRules) -> bool:
    """No score is not a score of 0: it is enough only where no rule looks at scores."""
    if score is None:
        return not rules.needs_score
    return rules.min_score is None or score >= rules.min_score


def group_of(attributes: Mapping[str, str], group_by: str | None) -> str | None:
    """The group of an entry. None: it is alone.

    A blank value is no value: fans who left a field empty are no household.
    """
    value = attributes.get(group_by, "") if group_by is not None else ""
    return value if value.strip() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrants:
    """Who takes part, in no special order, and how many do not, by reason."""

    lines: tuple[Line, ...]
    excluded: Mapping[Exclusion, int]
    """Only reasons that apply to an entry."""


def entrants(candidates: Iterable[Candidate], rules: DrawRules) -> Entrants:
    """Sort the candidates into those who take part and those who do not."""
    excluded: Counter[Exclusion] = Counter()
    admitted = []
    for candidate in candidates:
        if reason := candidate.excluded_by(rules):
            excluded[reason] += 1
        else:
            admitted.append(candidate)
    chosen = least_of_each_group((one.ballot_id, one.group) for one in admitted)
    if len(chosen) < len(admitted):
        excluded[Exclusion.GROUP] = len(admitted) - len(chosen)
    lines = tuple(one.line(rules) for one in admitted if one.ballot_id in chosen)
    return Entrants(lines=lines, excluded=excluded)


def least_of_each_group(admitted: Iterable[tuple[BallotId, str | None]]) -> frozenset[BallotId]:
    """Of each group the least ballotId, and all that have no group.

    Look at groups last: an entry that takes no part itself must not keep its household out. The ballotId is
    random, so no member of a group can choose to be the one.
    """
    alone, least = set(), dict[str, BallotId]()
    for ballot_id, group in admitted:
        if group is None:
            alone.add(ballot_id)
        else:
            least[group] = min(ballot_id, least.get(group, ballot_id))
    return frozenset(alone.union(least.values()))
