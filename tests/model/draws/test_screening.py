"""Screening millions in columns finds what the rules say of each candidate alone."""

import random
from collections import Counter
from itertools import product

import pytest

from domain.model.draws import screening
from domain.model.draws.entrants import Standing
from domain.model.draws.rules import DrawRules, ScoreWeight, draw_rules
from domain.model.draws.screening import CandidateBatch, Profile, Screened, Screening
from domain.model.registrations.entry import FraudStatus, Selection
from domain.model.registrations.markets import MarketId
from tests.support.candidates import Candidate, candidates_of
from tests.support.drawing import ballot

NYC, BOS, ELSE = map(MarketId, ("nyc", "bos", "münchen"))
SCORES = (None, 0.0, 49.99, 50.0, 70.0, 90.0, 100.0)
OFFERED = (NYC, BOS)
PLACES = {"nyc": 2, "bos": 1}
RULES = (
    draw_rules(OFFERED, places=PLACES),
    draw_rules(OFFERED, places=PLACES, min_score=50, exclude=[FraudStatus.FLAGGED, FraudStatus.NOT_ASKED]),
    draw_rules(OFFERED, places=PLACES, tiers=[90, 70], weights=[ScoreWeight(min_score=70, weight=4)]),
)
PROFILES = [
    Profile(standing=Standing(confirmed, selection, fraud), markets=markets)
    for confirmed, selection, fraud, markets in product(
        (True, False), Selection, FraudStatus, [(), (ELSE,), (BOS, ELSE, NYC), (NYC, BOS)]
    )
]


def some_candidates(*, grouped: bool) -> CandidateBatch:
    every = list(product(PROFILES, SCORES))
    random.Random(5).shuffle(every)
    groups = [str(number % 7) if number % 3 else None for number in range(len(every))]
    return CandidateBatch(
        ballots=[ballot(number) for number in range(len(every))],
        profiles=[profile for profile, _ in every],
        scores=[score for _, score in every],
        groups=groups if grouped else None,
    )


def one_by_one(batch: CandidateBatch, rules: DrawRules) -> Screened:
    reasons = [(one, one.excluded_by(rules)) for one in candidates_of(batch)]
    taking_part: list[Candidate] = [one for one, reason in reasons if reason is None]
    return Screened(
        lines=[one.line(rules).encode() for one in taking_part],
        groups=None if batch.groups is None else [one.group for one in taking_part],
        excluded=Counter(reason for _, reason in reasons if reason),
    )


@pytest.mark.parametrize("rules", RULES, ids=["no rule", "minScore and exclude", "tiers and weights"])
@pytest.mark.parametrize("grouped", [False, True])
def test_a_batch_is_screened_as_its_candidates_are(rules: DrawRules, grouped: bool) -> None:
    batch = some_candidates(grouped=grouped)
    expected = one_by_one(batch, rules)
    assert len(expected.lines) > 10
    found = Screening(rules)

    assert found.screen(batch) == expected
    assert found.screen(batch) == expected, "with what it remembers"


def test_more_scores_than_are_remembered_change_nothing() -> None:
    """A campaign may have any number of scores."""
    scores = [number / 10_000 for number in range(screening.MAX_REMEMBERED + 10)]
    profile = next(one for one in PROFILES if one.markets == (NYC, BOS))
    batch = CandidateBatch(
        ballots=[ballot(1)] * len(scores), profiles=[profile] * len(scores), scores=scores, groups=None
    )
    found = Screening(draw_rules(OFFERED, places=PLACES, tiers=[5])).screen(batch)

    expected = [f"{ballot(1)},{int(score < 5)},1,nyc>bos".encode() for score in scores]
    assert found.lines == expected
