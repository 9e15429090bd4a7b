"""Candidates of draws one at a time. The product screens them in columns; here is what the rules say of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

from domain.model.draws.entrants import Exclusion, Standing, has_score
from domain.model.draws.lines import Line, drawn_for
from domain.model.draws.rules import DrawRules, tier_of, weight_of
from domain.model.draws.screening import CandidateBatch, Profile
from domain.model.ids import BallotId
from domain.model.registrations.entry import FraudStatus, Selection
from domain.model.registrations.markets import Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    ballot_id: BallotId
    confirmed: bool
    selection: Selection
    fraud: FraudStatus
    score: float | None
    markets: Preferences
    group: str | None = None

    @property
    def standing(self) -> Standing:
        return Standing(self.confirmed, self.selection, self.fraud)

    def excluded_by(self, rules: DrawRules) -> Exclusion | None:
        """The first reason of the entry itself. Its group is not looked at."""
        if reason := self.standing.excluded_by(rules):
            return reason
        if not has_score(self.score, rules):
            return Exclusion.SCORE
        return None if drawn_for(self.markets, rules.places) else Exclusion.MARKET

    def line(self, rules: DrawRules) -> Line:
        markets = drawn_for(self.markets, rules.places)
        return Line(
            self.ballot_id, tier_of(self.score, rules.tiers), weight_of(self.score, rules.weights), markets
        )


def candidates_of(batch: CandidateBatch) -> Iterator[Candidate]:
    groups = repeat(None) if batch.groups is None else batch.groups
    for ballot_id, profile, score, group in zip(batch.ballots, batch.profiles, batch.scores, groups, strict=False):
        yield Candidate(
            ballot_id=ballot_id,
            confirmed=profile.standing.confirmed,
            selection=profile.standing.selection,
            fraud=profile.standing.fraud,
            score=score,
            markets=profile.markets,
            group=group,
        )


def batch_of(candidates: Iterable[Candidate]) -> CandidateBatch:
    given = list(candidates)
    return CandidateBatch(
        ballots=[one.ballot_id for one in given],
        profiles=[Profile(standing=one.standing, markets=one.markets) for one in given],
        scores=[one.score for one in given],
        groups=[one.group for one in given],
    )
