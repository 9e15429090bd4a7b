"""The manifest, the beacon and the life of a draw."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.draws.allocation import DrawResult
from domain.model.draws.beacons import QUICKNET, DrandRequest, DrandRound, ManualBeacon
from domain.model.draws.draw import Draw, DrawStatus
from domain.model.draws.entrants import Exclusion
from domain.model.draws.errors import (
    DrawAborted,
    DrawNotAnnounced,
    DrawNotDrawn,
    DrawTooEarly,
    RandomnessMismatch,
)
from domain.model.draws.manifest import Manifest, new_seed
from domain.model.draws.manifest_reading import MalformedManifest, manifest_of, read_manifest
from domain.model.draws.randomness import randomness_of
from domain.model.draws.rules import DrawRules, ScoreWeight
from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, new_draw_id
from domain.model.registrations.entry import FraudStatus
from domain.model.registrations.markets import MarketId
from tests.model.draws.vectors import VECTORS

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MANIFEST = Manifest(
    campaign_id=CampaignId("tour"),
    number=1,
    announced_at=NOW,
    rules=DrawRules(
        places={MarketId("nyc"): 2, MarketId("são\u2028"): 1, MarketId("bos"): 1},
        tiers=(90.0, 70.5),
        weights=(ScoreWeight(min_score=90.0, weight=4),),
        min_score=10.0,
        exclude=(FraudStatus.FLAGGED,),
        group_by='the "house"',
    ),
    beacon=ManualBeacon(),
    seed="0" * 64,
    entrants=0,
    excluded={Exclusion.FRAUD: 2, Exclusion.GROUP: 0},
    list_digest="1" * 64,
    merkle_root="2" * 64,
)


def test_the_bytes_of_a_manifest() -> None:
    assert MANIFEST.encode().decode() == (
        '{"announcedAt":"2026-11-25T12:00:00.000Z","beacon":{"kind":"manual"},"campaignId":"tour","entrants":0,'
        '"exclude":["flagged"],"excluded":{"fraud":2},"format":"fangate-draw/1",'
        '"groupBy":"the \\"house\\"","listDigest":"' + "1" * 64 + '","merkleRoot":"' + "2" * 64 + '",'
        '"minScore":10,"number":1,"places":{"bos":1,"nyc":2,"são\u2028":1},"seed":"' + "0" * 64 + '",'
        '"tiers":[90,70.5],"weights":[{"minScore":90,"weight":4}]}'
    )


def test_places_are_sorted_by_code_point() -> None:
    """JavaScript would put the last two the other way round: it compares halves of characters."""
    places = {MarketId(market): 1 for market in ("\U0001f3a4", "\uff21", "Z", "a")}
    manifest = replace(MANIFEST, rules=DrawRules(places=places))

    assert list(json.loads(manifest.encode())["places"]) == ["Z", "a", "\uff21", "\U0001f3a4"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_manifest_is_read_however_it_is_spaced_and_ordered(vector: Any) -> None:
    values = vector.values["manifest"]
    backwards = dict(reversed(values.items()))

    assert read_manifest(json.dumps(backwards, indent=2).encode()) == manifest_of(values)
    assert manifest_of(json.loads(manifest_of(values).encode())) == manifest_of(values)


def test_a_manifest_is_read_as_it_was_made() -> None:
    assert read_manifest(MANIFEST.encode()) == replace(MANIFEST, excluded={Exclusion.FRAUD: 2})


WRONG: list[tuple[str, Any]] = [
    ("format", "fangate-draw/2"),
    ("campaignId", 7),
    ("number", True),
    ("number", -1),
    ("number", 2**60),
    ("announcedAt", "2026-11-25T12:00:00Z"),
    ("announcedAt", "2026-11-25T13:00:00.000+01:00"),
    ("announcedAt", "today"),
    ("announcedAt", "2026-11-25T12:00:00.000"),
    ("beacon", {"kind": "manual", "round": 1}),
    ("beacon", {"kind": "dice"}),
    ("beacon", {"kind": "drand", "chain": "0" * 64, "round": 1.5}),
    ("seed", "0" * 63),
    ("seed", "A" * 64),
    ("excluded", {"fraud": 0}),
    ("excluded", {"luck": 1}),
    ("exclude", ["everything"]),
    ("exclude", "flagged"),
    ("places", {"nyc": "2"}),
    ("places", []),
    ("tiers", ["90"]),
    ("tiers", [True]),
    ("weights", [{"minScore": 90}]),
    ("weights", [{"minScore": 90, "weight": 4, "more": 1}]),
    ("minScore", "10"),
    ("groupBy", 1),
    ("groupBy", "\ud800"),
    ("extra", 1),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=str)
def test_another_manifest_is_refused_and_the_member_named(name: str, value: Any) -> None:
    with pytest.raises(MalformedManifest, match=r"format|minScore|weight|kind|chain|round|fraud|nyc|" + name):
        manifest_of({**json.loads(MANIFEST.encode()), name: value})


@pytest.mark.parametrize("name", sorted(json.loads(MANIFEST.encode())))
def test_a_member_that_is_missing_is_named(name: str) -> None:
    members = json.loads(MANIFEST.encode())
    del members[name]
    with pytest.raises(MalformedManifest, match=f"{name} is missing"):
        manifest_of(members)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"\xff", b"{", b"[" * 100_000, b" " * 1_048_577, b'{"a":NaN}', b'{"a":1,"a":1}', b"1" * 5_000],
    ids=range(9),
)
def test_a_text_that_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedManifest):
        read_manifest(text)


def test_seeds_are_random() -> None:
    assert len({new_seed() for _ in range(100)}) == 100
    assert len(bytes.fromhex(new_seed())) == 32


def test_the_first_round_of_drand_is_published_at_the_genesis() -> None:
    assert QUICKNET.published_at(1) == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
    assert QUICKNET.published_at(2) - QUICKNET.published_at(1) == timedelta(seconds=3)


@given(st.integers(-(10**6), 10**9).map(lambda seconds: NOW + timedelta(milliseconds=seconds)))
def test_a_round_is_the_first_that_is_late_enough(announced_at: datetime) -> None:
    fixed = DrandRequest().fixed(announced_at, HOUR)

    assert QUICKNET.published_at(fixed.round) >= announced_at + HOUR
    assert fixed.round == 1 or QUICKNET.published_at(fixed.round - 1) < announced_at + HOUR


def test_a_round_that_is_given_must_be_late_enough() -> None:
    first = DrandRequest().fixed(NOW, HOUR).round

    assert DrandRequest(round=first).fixed(NOW, HOUR).round == first
    assert DrandRequest(round=first + 9).fixed(NOW, HOUR).round == first + 9
    for wrong in (first - 1, 0, 2**53):
        with pytest.raises(InvalidValue) as refused:
            DrandRequest(round=wrong).fixed(NOW, HOUR)
        assert refused.value.field == "beacon.round"
        assert str(first) in refused.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ab",
        "0" * 63,
        "0" * 2_050,
        "0" * 65,
        "0" * 62 + "zz",
        " " + "0" * 64,
        "00 " * 32,
        "0" * 64 + "\n",
        "0x" * 32,
    ],
    ids=range(10),
)
def test_randomness_that_is_no_hex_of_this_length_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        randomness_of(text, ManualBeacon())
    assert refused.value.field == "randomness"


def test_a_round_of_drand_has_32_bytes() -> None:
    drand = DrandRound(chain=QUICKNET.hash, round=1)

    assert randomness_of("AB" * 32, drand) == b"\xab" * 32
    assert randomness_of("ab" * 1_024, ManualBeacon()) == b"\xab" * 1_024
    with pytest.raises(InvalidValue):
        randomness_of("ab" * 33, drand)


DRAW = Draw(id=new_draw_id(), manifest=MANIFEST)
RESULT = DrawResult(placed={}, waitlisted=0, cutoffs={}, result_digest="3" * 64)


def test_a_draw_is_announced_then_runs_and_is_drawn() -> None:
    running = DRAW.begin_run("ab" * 32)
    drawn = running.with_result(RESULT).finish_run(NOW)

    assert (DRAW.status, running.status, drawn.status) == ("announced", "running", "drawn")
    assert (drawn.randomness, drawn.result, drawn.drawn_at, drawn.version) == ("ab" * 32, RESULT, NOW, 3)
    assert drawn.begin_run("ab" * 32).with_result(RESULT).finish_run(NOW + HOUR) == drawn
    for one in (running, drawn):
        with pytest.raises(DrawNotAnnounced):
            one.abort(NOW)
        with pytest.raises(RandomnessMismatch):
            one.begin_run("cd" * 32)


def test_an_aborted_draw_keeps_its_number_and_does_not_run() -> None:
    aborted = DRAW.abort(NOW)

    assert (aborted.status, aborted.number, aborted.aborted_at) == (DrawStatus.ABORTED, 1, NOW)
    assert aborted.abort(NOW + HOUR) == aborted
    for refused in (lambda: aborted.begin_run("ab" * 32), lambda: aborted.check_may_run(NOW)):
        with pytest.raises(DrawAborted):
            refused()


def test_a_draw_has_no_key_before_its_randomness() -> None:
    with pytest.raises(DrawNotDrawn):
        DRAW.key()

    assert DRAW.begin_run("ab" * 32).key() != DRAW.begin_run("cd" * 32).key()


def test_a_draw_waits_for_its_round_and_never_for_another() -> None:
    beacon = DrandRequest().fixed(NOW, HOUR)
    draw = replace(DRAW, manifest=replace(MANIFEST, beacon=beacon))
    at = QUICKNET.published_at(beacon.round)

    with pytest.raises(DrawTooEarly) as early:
        draw.check_may_run(at - timedelta(milliseconds=1))
    assert early.value.context["round"] == beacon.round
    assert early.value.seconds == 1
    draw.check_may_run(at)
    draw.check_may_run(at + 1_000 * HOUR)
    DRAW.check_may_run(NOW)
