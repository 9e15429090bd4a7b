"""Selecting, transferring and counting."""

from typing import Any

import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer


def markets(scene: Scene, name: str) -> list[str]:
    return list(scene.seen(f"entries/{name}-{scene.campaign}")["markets"])


def transfer(scene: Scene, source: str, target: str, **more: Any) -> Any:
    return scene.told("entries/transfer", {"from": source, "to": target} | more)


@pytest.fixture
def pool(scene: Scene) -> Scene:
    scene.fan("ann").confirmed(markets=["nyc", "bos"])
    scene.fan("bob").confirmed(markets=["lax", "nyc", "bos", "sfo"])
    scene.fan("cy").registered(markets=["bos", "sfo", "nyc"])
    scene.fan("di").registered(markets=["lax"])
    return scene


def test_only_confirmed_entries_can_be_selected_and_the_others_are_named(pool: Scene) -> None:
    answer = pool.select("selected", "ann", "cy", "zoe", "ann", "zoe")

    assert answer == {"updated": 1, "rejected": [f"cy-{pool.campaign}", f"zoe-{pool.campaign}"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/selection"), ({"selection": "none"}, "/userIds"), ({"userIds": ["ann"]}, "/selection"),
        ([], ""), ([[]], ""),
        ({"userIds": [], "selection": "none"}, "/userIds"), ({"userIds": "ann", "selection": "none"}, "/userIds"),
        ({"userIds": None, "selection": "none"}, "/userIds"),
        ({"userIds": [7], "selection": "none"}, "/userIds/0"),
        ({"userIds": ["ann", "a\u200bb"], "selection": "none"}, "/userIds/1"),
        ({"userIds": [""], "selection": "none"}, "/userIds/0"),
        ({"userIds": ["x" * 129], "selection": "none"}, "/userIds/0"),
        ({"userIds": ["a"] * 10_001, "selection": "none"}, "/userIds"),
        ({"userIds": ["ann"], "selection": "chosen"}, "/selection"),
        ({"userIds": ["ann"], "selection": "NONE"}, "/selection"),
        ({"userIds": ["ann"], "selection": None}, "/selection"),
        ({"userIds": ["ann"], "selection": 1}, "/selection"),
        ({"userIds": ["ann"], "selection": "none", "why": ""}, "/why"),
        ({"userIds": ["ann"], "top": 1, "selection": "none"}, "/top"),
        ({"userIds": ["ann"], "filters": {}, "selection": "none"}, "/filters"),
        ({"filters": {}, "selection": "none"}, "/userIds"),
        ({"top": 0, "selection": "none"}, "/top"), ({"top": 10_001, "selection": "none"}, "/top"),
        ({"top": "1", "selection": "none"}, "/top"), ({"top": True, "selection": "none"}, "/top"),
        ({"top": 1, "filters": {"minScore": 101}, "selection": "none"}, "/filters/minScore"),
        ({"top": 1, "filters": {"market": "nyc"}, "selection": "none"}, "/filters/market"),
        ({"top": 1, "filters": {"market": ["never-was"]}, "selection": "none"}, "/filters/market/0"),
        ({"top": 1, "filters": {"limit": 1}, "selection": "none"}, "/filters/limit"),
        ({"userIds": ["ann"], "selection": "none", "dryRun": 1}, "/dryRun"),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_a_selection_that_does_not_fit_is_a_422(scene: Scene, body: Any, pointer: str) -> None:
    assert_problem(scene.post("entries/selection", body), 422, "request.invalid", pointer)


def test_the_best_are_selected(pool: Scene) -> None:
    pool.score(ann=90, bob=80)
    body = {"top": 1, "selection": "selected"}

    assert pool.told("entries/selection", body | {"dryRun": True}) == {"updated": 1, "rejected": []}
    assert pool.ranking() == ["ann", "bob"]
    assert pool.told("entries/selection", body | {"filters": {"maxScore": 85}}) == {"updated": 1, "rejected": []}
    assert pool.ranking() == ["ann"]
    assert pool.told("entries/selection", body) == {"updated": 1, "rejected": []}
    named = {"userIds": [f"ann-{pool.campaign}"], "selection": "none", "dryRun": True}
    assert pool.told("entries/selection", named) == {"updated": 1, "rejected": []}
    assert pool.ranking() == []


def test_the_audit_log_keeps_which_of_the_best_were_asked_for(pool: Scene) -> None:
    pool.score(ann=90)
    body = {"top": 2, "selection": "selected", "filters": {"market": ["nyc"], "minScore": 10}}
    for dry_run in (True, False):
        pool.told("entries/selection", body | {"dryRun": dry_run})

    answer = pool.http.get(
        "/audit", params={"campaignId": pool.campaign, "operation": "selectEntries"}, headers=bearer()
    )
    (row,) = answer.json()["records"]
    assert row["asked"] == {
        "selection": "selected", "top": 2, "minScore": 10.0, "maxScore": 100.0, "markets": ["nyc"], "maxRank": 4,
        "selections": ["none"],
    }  # fmt: skip
    assert row["outcome"] == {"result": "done", "updated": 1, "rejected": 0}


def test_a_transfer_counts_moved_and_merged(pool: Scene) -> None:
    assert transfer(pool, "lax", "sfo") == {"matched": 2, "moved": 1, "merged": 1}
    assert (markets(pool, "bob"), markets(pool, "di")) == (["sfo", "nyc", "bos"], ["sfo"])


def test_a_dry_run_counts_and_changes_nothing(pool: Scene) -> None:
    before = [pool.seen(f"entries/{name}-{pool.campaign}") for name in ("ann", "bob", "cy", "di")]

    assert transfer(pool, "lax", "sfo", dryRun=True) == {"matched": 2, "moved": 1, "merged": 1}
    assert [pool.seen(f"entries/{name}-{pool.campaign}") for name in ("ann", "bob", "cy", "di")] == before
    assert transfer(pool, "lax", "sfo", dryRun=False) == {"matched": 2, "moved": 1, "merged": 1}


def test_a_transfer_may_be_of_some_fans_only(pool: Scene) -> None:
    named = [f"{name}-{pool.campaign}" for name in ("di", "ann", "zoe")]

    assert transfer(pool, "lax", "sfo", userIds=named) == {"matched": 1, "moved": 1, "merged": 0}
    assert (markets(pool, "di"), markets(pool, "bob")) == (["sfo"], ["lax", "nyc", "bos", "sfo"])


def test_a_market_that_no_campaign_offers_and_no_fan_has_cannot_be_moved_from(pool: Scene) -> None:
    answer = pool.post("entries/transfer", {"from": "never-was", "to": "sfo", "dryRun": True})

    problem = assert_problem(answer, 422, "request.invalid", "/from")
    assert problem["errors"][0]["detail"].endswith("its markets: nyc, bos, lax, sfo")
    assert transfer(pool, "sfo", "nyc")["matched"] == 2
    assert transfer(pool, "sfo", "nyc")["matched"] == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"from": "nyc"}, "/to"), ({"to": "nyc"}, "/from"), ({"from_": "nyc", "to": "bos"}, "/from_"),
        ({"from": "nyc", "to": "nyc"}, "/to"), ({"from": "nyc", "to": "BOS"}, "/to"),
        ({"from": "nyc", "to": ""}, "/to"), ({"from": "nyc", "to": None}, "/to"),
        ({"from": "", "to": "bos"}, "/from"), ({"from": 7, "to": "bos"}, "/from"),
        ({"from": ["nyc"], "to": "bos"}, "/from"), ({"from": "x" * 257, "to": "bos"}, "/from"),
        ({"from": "nyc", "to": "bos", "dryRun": "yes"}, "/dryRun"),
        ({"from": "nyc", "to": "bos", "dryRun": 1}, "/dryRun"),
        ({"from": "nyc", "to": "bos", "dry_run": True}, "/dry_run"),
        ({"from": "nyc", "to": "bos", "userIds": []}, "/userIds"),
        ({"from": "nyc", "to": "bos", "userIds": "ann"}, "/userIds"),
        ({"from": "nyc", "to": "bos", "userIds": ["a\u200bb"]}, "/userIds/0"),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_a_transfer_that_does_not_fit_is_a_422(scene: Scene, body: Any, pointer: str) -> None:
    assert_problem(scene.post("entries/transfer", body), 422, "request.invalid", pointer)


def test_the_breakdown_has_exactly_the_fields_of_the_contract(pool: Scene) -> None:
    answer = pool.seen("entries/count")

    assert TIME.fullmatch(answer.pop("asOf"))
    assert answer == {
        "campaignId": pool.campaign,
        "total": 4,
        "byStatus": {"pending_confirmation": 2, "confirmed": 2},
        "byMarket": [
            {"market": "nyc", "total": 3, "confirmed": 2, "byRank": [1, 1, 1, 0]},
            {"market": "bos", "total": 3, "confirmed": 2, "byRank": [1, 1, 1, 0]},
            {"market": "lax", "total": 2, "confirmed": 1, "byRank": [2, 0, 0, 0]},
            {"market": "sfo", "total": 2, "confirmed": 1, "byRank": [0, 1, 0, 1]},
        ],
        "withdrawn": 0,
    }


def test_the_breakdown_knows_no_filters_and_says_so(pool: Scene) -> None:
    assert_problem(pool.get("entries/count?market=nyc"), 422, "request.invalid", "/market")


def test_of_a_campaign_without_registrations_there_are_zeros(scene: Scene) -> None:
    answer = scene.seen("entries/count")

    assert (answer["total"], answer["byStatus"]) == (0, {"pending_confirmation": 0, "confirmed": 0})
    assert [market["byRank"] for market in answer["byMarket"]] == [[0] * 4] * 4
    assert scene.seen("entries/eligibility")["eligible"] == 0
    assert scene.seen("entries/scoring") == {"records": [], "next": None}


def test_what_asks_the_campaign_says_that_it_is_unknown(scene: Scene) -> None:
    nowhere = scene.elsewhere()

    for path in ("entries/count", "entries/eligibility"):
        assert_problem(nowhere.get(path), 404, "campaign.not_found")
    transferred = nowhere.post("entries/transfer", {"from": "nyc", "to": "bos"})
    assert_problem(transferred, 404, "campaign.not_found")
