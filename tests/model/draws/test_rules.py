"""The rules of a draw: what is refused, who takes part, and what a line says."""

from dataclasses import replace
from typing import Any

import pytest

from domain.model.draws.entrants import group_of, least_of_each_group
from domain.model.draws.lines import Line, MalformedLine, sorted_lines
from domain.model.draws.rules import DrawRules, ScoreWeight, draw_rules, tier_of, weight_of
from domain.model.draws.screening import Screening
from domain.model.errors import InvalidValue
from domain.model.registrations.entry import FraudStatus, Selection
from domain.model.registrations.markets import MarketId
from tests.support.candidates import Candidate, batch_of
from tests.support.drawing import ballot

OFFERED = tuple(map(MarketId, ("nyc", "bos", "münchen", "a,b", "a>b", "a\nb", "a\x85b", "-", "a/b")))
NYC, BOS = OFFERED[:2]
FAN = Candidate(
    ballot_id=ballot(1),
    confirmed=True,
    selection=Selection.NONE,
    fraud=FraudStatus.CLEAR,
    score=70,
    markets=(BOS, NYC),
)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"places": {}}, "places"),
        ({"places": {"nyc": 0}}, "places.nyc"),
        ({"places": {"nyc": 10_000_001}}, "places.nyc"),
        ({"places": {"paris": 1}}, "places.paris"),
        ({"places": {"pa/ris": 1}}, "places"),
        ({"places": {"a,b": 1}}, "places"),
        ({"places": {"a>b": 1}}, "places"),
        ({"places": {"a\nb": 1}}, "places"),
        ({"places": {"a\x85b": 1}}, "places"),
        ({"places": {"-": 1}}, "places"),
        ({"places": {"": 1}}, "places"),
        ({"places": {"nyc": 1, "a,b": 1}}, "places"),
        ({"tiers": [90, 101]}, "tiers.1"),
        ({"tiers": [-1]}, "tiers.0"),
        ({"tiers": [float("nan")]}, "tiers.0"),
        ({"tiers": [90, 70, 90]}, "tiers.2"),
        ({"tiers": [1.00001]}, "tiers.0"),
        ({"tiers": list(range(21))}, "tiers"),
        ({"weights": [ScoreWeight(min_score=101, weight=1)]}, "weights.0.minScore"),
        (
            {"weights": [ScoreWeight(min_score=9, weight=1), ScoreWeight(min_score=9, weight=2)]},
            "weights.1.minScore",
        ),
        ({"weights": [ScoreWeight(min_score=9, weight=0)]}, "weights.0.weight"),
        ({"weights": [ScoreWeight(min_score=9, weight=65)]}, "weights.0.weight"),
        ({"min_score": 100.5}, "minScore"),
        ({"group_by": ""}, "groupBy"),
        ({"group_by": "x" * 101}, "groupBy"),
        ({"group_by": "\ud800"}, "groupBy"),
    ],
    ids=str,
)
def test_a_wrong_rule_is_refused_with_its_field(rules: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        draw_rules(OFFERED, **{"places": {"nyc": 1}, **rules})

    assert refused.value.field == field


def test_thresholds_are_sorted_whatever_their_order() -> None:
    weights = [ScoreWeight(min_score=50, weight=2), ScoreWeight(min_score=90, weight=4)]
    rules = draw_rules(
        OFFERED,
        places={"nyc": 1},
        tiers=[50, 90.5, 70],
        weights=weights,
        exclude=[FraudStatus.REVIEW, FraudStatus.FLAGGED, FraudStatus.REVIEW],
    )

    assert list(rules.tiers) == [90.5, 70, 50]
    assert rules.weights == (weights[1], weights[0])
    assert rules.exclude == (FraudStatus.FLAGGED, FraudStatus.REVIEW)


@pytest.mark.parametrize(
    ("score", "tier", "weight"),
    [(100, 0, 4), (90, 0, 4), (89.9, 1, 2), (50, 1, 2), (49, 2, 1), (0, 2, 1)],
)
def test_a_score_at_a_threshold_has_reached_it(score: float, tier: int, weight: int) -> None:
    weights = (ScoreWeight(min_score=90, weight=4), ScoreWeight(min_score=50, weight=2))

    assert tier_of(score, (90, 50)) == tier
    assert weight_of(score, weights) == weight
    assert (tier_of(score, ()), weight_of(score, ())) == (0, 1)


def with_everything(**changes: Any) -> Candidate:
    return replace(FAN, **changes)


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (FAN, None),
        (with_everything(score=50), None),
        (with_everything(fraud=FraudStatus.REVIEW), None),
        (with_everything(confirmed=False, selection=Selection.SELECTED), "unconfirmed"),
        (with_everything(selection=Selection.SELECTED, fraud=FraudStatus.FLAGGED), "selected_before"),
        (with_everything(selection=Selection.WAITLISTED), "selected_before"),
        (with_everything(selection=Selection.DECLINED), "selected_before"),
        (with_everything(fraud=FraudStatus.FLAGGED, score=None), "fraud"),
        (with_everything(score=49.9, markets=()), "score"),
        (with_everything(score=None, markets=()), "score"),
        (with_everything(markets=(MarketId("münchen"),)), "market"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_reason_that_applies_is_counted(candidate: Candidate, reason: str | None) -> None:
    rules = draw_rules(OFFERED, places={"nyc": 1, "bos": 1}, min_score=50, exclude=[FraudStatus.FLAGGED])
    found = Screening(rules).screen(batch_of([candidate]))

    assert dict(found.excluded) == ({reason: 1} if reason else {})
    assert len(found.lines) == (0 if reason else 1)


@pytest.mark.parametrize(
    ("rules", "takes_part"),
    [
        ({}, True),
        ({"min_score": 0}, False),
        ({"tiers": [50]}, False),
        ({"weights": [ScoreWeight(min_score=0, weight=1)]}, False),
    ],
    ids=["no rule", "minScore", "tiers", "weights"],
)
def test_without_a_score_an_entry_takes_part_only_where_no_rule_looks_at_scores(
    rules: dict[str, Any], takes_part: bool
) -> None:
    screening = Screening(draw_rules(OFFERED, places={"nyc": 1}, **rules))
    found = screening.screen(batch_of([with_everything(score=None)]))

    assert len(found.lines) == takes_part


def test_a_line_has_the_fans_order_without_the_markets_that_have_no_places() -> None:
    rules = draw_rules(OFFERED, places={"nyc": 1, "münchen": 2}, tiers=[80, 60])
    fan = with_everything(markets=(OFFERED[2], BOS, NYC))

    assert Screening(rules).screen(batch_of([fan])).lines == [f"{ballot(1)},1,1,münchen>nyc".encode()]


def test_of_a_group_only_the_least_ballot_that_may_take_part_does() -> None:
    rules = draw_rules(OFFERED, places={"nyc": 1}, group_by="household", exclude=[FraudStatus.FLAGGED])
    least, *others = sorted(ballot(number) for number in range(1, 5))
    candidates = [
        *(with_everything(ballot_id=one, group="a") for one in reversed(others)),
        with_everything(ballot_id=least, group="a", fraud=FraudStatus.FLAGGED),
        with_everything(ballot_id=ballot(5), group="A"),
        with_everything(ballot_id=ballot(6)),
        with_everything(ballot_id=ballot(7)),
    ]
    found = Screening(rules).screen(batch_of(candidates))

    assert found.groups is not None
    ballots = [Line.parse(line).ballot_id for line in found.lines]
    taking_part = least_of_each_group(zip(ballots, found.groups, strict=True))
    assert taking_part == {others[0], ballot(5), ballot(6), ballot(7)}
    assert (len(ballots) - len(taking_part), found.excluded) == (2, {"fraud": 1})


@pytest.mark.parametrize(
    ("attributes", "group_by", "group"),
    [
        ({"household": "12 Elm"}, "household", "12 Elm"),
        ({"household": "12 Elm"}, None, None),
        ({}, "household", None),
        ({"household": ""}, "household", None),
        ({"household": "  "}, "household", None),
        ({"household": " a "}, "household", " a "),
    ],
)
def test_an_entry_without_a_value_is_in_no_group(
    attributes: dict[str, str], group_by: str | None, group: str | None
) -> None:
    assert group_of(attributes, group_by) == group


def test_lines_are_sorted_by_their_bytes() -> None:
    lines = [Line(ballot(number), 0, 1, (NYC,)) for number in range(50)]

    encoded = sorted_lines(lines)
    assert encoded == sorted(line.encode() for line in lines)
    assert [Line.parse(line) for line in encoded] == sorted(lines, key=lambda line: line.ballot_id)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nyc",
        f"{ballot(1)},0,1",
        f"{ballot(1)},0,1,",
        f"{ballot(1)},0,1,nyc>",
        f"{ballot(1)},0,1,nyc>nyc",
        f"{ballot(1)},0,1,nyc,bos",
        f"{ballot(1)},0,1,-",
        f"{ballot(1)},0,1,nyc\r",
        f"{ballot(1)},00,1,nyc",
        f"{ballot(1)},-1,1,nyc",
        f"{ballot(1)},0,0,nyc",
        f"{ballot(1)},0,65,nyc",
        f"{ballot(1)},0,\u0661,nyc",
        f"{ballot(1)},0, 1,nyc",
        f"{ballot(1).upper()}A,0,1,nyc",
        f"{ballot(1)[:-1]},0,1,nyc",
        f"{ballot(1)},0,1,{'x' * 70_000}",
        b"\xff" * 40,
    ],
    ids=range(19),
)
def test_a_text_that_is_no_line_is_refused(line: str | bytes) -> None:
    with pytest.raises(MalformedLine):
        Line.parse(line if isinstance(line, bytes) else line.encode())


def test_no_rule_needs_a_score() -> None:
    assert not DrawRules(places={NYC: 1}).needs_score
