"""Applying the rules of a draw to millions of entries.

The rules themselves are in ``entrants``. Here candidates come in columns, and what many of them share is looked at
once, since an object for each of millions would take most of the time of an announcement.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.model.draws.entrants import Exclusion, Standing, has_score
from domain.model.draws.lines import between, drawn_for
from domain.model.draws.rules import DrawRules, tier_of, weight_of
from domain.model.ids import BallotId
from domain.model.registrations.markets import Preferences

MAX_REMEMBERED: Final = 100_000
"""Profiles, and scores: about 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """What decides about candidates, but for their scores. Candidates who have the same share one object."""

    standing: Standing
    markets: Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateBatch:
    """Many candidates. The n-th of each column are the n-th candidate's."""

    ballots: Sequence[BallotId]
    profiles: Sequence[Profile]
    scores: Sequence[float | None]
    groups: Sequence[str | None] | None = field(default=None, repr=False)
    """The values of the attribute ``groupBy``. None: no groups were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """Who of a batch takes part, as far as the own entry says, and why the others do not."""

    lines: Sequence[bytes]
    """Encoded."""
    groups: Sequence[str | None] | None = field(repr=False)
    """Of the lines."""
    excluded: Mapping[Exclusion, int]


class Screening:
    """Finds the lines of candidates, or the first reason of the entry itself why it takes no part."""

    def __init__(self, rules: DrawRules) -> None:
        self._rules = rules
        self._profiles: dict[Profile, tuple[Exclusion | None, str]] = {}
        """What comes before the score, and the markets with places as the line has them."""
        self._scores: dict[float | None, str] = {}
        """What the line has between the ballot and the markets. Empty: the score is not enough."""

    def screen(self, batch: CandidateBatch) -> Screened:
        lines: list[bytes] = []
        taking_part: list[int] = []
        excluded: Counter[Exclusion] = Counter()
        columns = zip(batch.ballots, batch.profiles, batch.scores, strict=True)
        for position, (ballot_id, profile, score) in enumerate(columns):
            reason, markets = self._profiles.get(profile) or self._seen_profile(profile)
            middle = self._scores.get(score)
            if middle is None:
                middle = self._seen_score(score)
            if reason is None and middle and markets:
                lines.append(f"{ballot_id}{middle}{markets}".encode())
                taking_part.append(position)
            else:
                excluded[reason or (Exclusion.MARKET if middle else Exclusion.SCORE)] += 1
        groups = None if batch.groups is None else [batch.groups[position] for position in taking_part]
        return Screened(lines=lines, groups=groups, excluded=excluded)

    def _seen_profile(self, profile: Profile) -> tuple[Exclusion | None, str]:
        if len(self._profiles) >= MAX_REMEMBERED:
            self._profiles.clear()
        reason = profile.standing.excluded_by(self._rules)
        seen = reason, ">".join(drawn_for(profile.markets, self._rules.places))
        self._profiles[profile] = seen
        return seen

    def _seen_score(self, score: float | None) -> str:
        if len(self._scores) >= MAX_REMEMBERED:
            self._scores.clear()
        tier, weight = tier_of(score, self._rules.tiers), weight_of(score, self._rules.weights)
        seen = between(tier, weight) if has_score(score, self._rules) else ""
        self._scores[score] = seen
        return seen
