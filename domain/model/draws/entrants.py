"""Who takes part in a draw, and why others do not (see ``excluded`` in docs/fair-draws.md)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from domain.model.draws.rules import DrawRules
from domain.model.ids import BallotId
from domain.model.registrations.entry import FraudStatus, Selection


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
