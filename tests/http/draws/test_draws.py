"""Draws over HTTP: announcing and aborting them, and what the public and auditors read."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.model.draws.manifest import canonical_json
from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.usecases.draws.test_verifying import OUTSIDERS

PLACES = {"nyc": 2, "bos": 1}
FIELDS = {
    "drawId", "number", "status", "manifest", "manifestDigest", "entrants", "excluded", "announcedAt",
    "randomness", "placed", "waitlisted", "cutoffs", "resultDigest", "drawnAt", "abortedAt", "withheld",
    "fillings", "givingCodes",
}  # fmt: skip


def announced(scene: Scene, **rules: Any) -> Any:
    answer = scene.post("draws", {"places": PLACES} | rules)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_draw_is_announced_and_is_public(scorable: Scene) -> None:
    answer = scorable.post("draws", {"places": PLACES, "exclude": ["flagged", "review"]})

    draw = answer.json()
    assert (answer.status_code, set(draw)) == (201, FIELDS)
    assert answer.headers["location"] == f"/{scorable.campaign}/draws/{draw['drawId']}"
    assert (draw["number"], draw["status"], draw["entrants"]) == (1, "announced", 2)
    assert draw["excluded"] == draw["manifest"]["excluded"] == {"unconfirmed": 1}
    assert TIME.fullmatch(draw["announcedAt"])
    manifest = draw["manifest"]
    assert draw["manifestDigest"] == hashlib.sha256(canonical_json(manifest)).hexdigest()
    assert (manifest["places"], manifest["exclude"]) == (PLACES, ["flagged", "review"])
    published = 1692803367 + (manifest["beacon"]["round"] - 1) * 3
    notice = timedelta(seconds=published) - timedelta(
        seconds=datetime.fromisoformat(draw["announcedAt"]).timestamp()
    )
    assert timedelta(hours=1) <= notice < timedelta(hours=1, seconds=3)
    for read in (scorable.ask("GET", f"draws/{draw['drawId']}"), scorable.get(f"draws/{draw['drawId']}")):
        assert (read.status_code, read.json()) == (200, draw)
    assert scorable.ask("GET", "draws").json() == {"draws": [draw], "next": None}


def test_the_list_is_for_auditors_and_has_the_announced_digest(scorable: Scene) -> None:
    ballots = {scorable.seen(f"entries/{name}-{scorable.campaign}")["ballotId"] for name in ("ann", "bob")}
    draw = announced(scorable)

    answer = scorable.get(f"draws/{draw['drawId']}/list.csv")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert hashlib.sha256(answer.content).hexdigest() == draw["manifest"]["listDigest"]
    assert {line.split(",")[0] for line in answer.text.splitlines()} == ballots
    assert all(line.endswith(",0,1,nyc>bos") for line in answer.text.splitlines())
    for file in ("list.csv", "results.csv"):
        path = f"draws/{draw['drawId']}/{file}"
        assert_problem(scorable.ask("GET", path), 401, "auth.unauthenticated")
        fan = scorable.get(path, headers=bearer("ann", supreme=False))
        assert_problem(fan, 403, "auth.forbidden")
    assert_problem(scorable.get(f"draws/{draw['drawId']}/results.csv"), 409, "draw.not_drawn")


def test_nothing_personal_is_public(scorable: Scene) -> None:
    draw = announced(scorable, groupBy="household")
    entry = scorable.seen(f"entries/ann-{scorable.campaign}")

    text = json.dumps(scorable.ask("GET", "draws").json())

    assert draw["drawId"] in text
    for personal in (entry["ballotId"], entry["id"], entry["userId"], entry["phone"]):
        assert personal not in text


def test_an_aborted_draw_keeps_its_number_and_stays_visible(scene: Scene) -> None:
    first = announced(scene)

    aborted = scene.ask("DELETE", f"draws/{first['drawId']}", headers=bearer())
    again = scene.ask("DELETE", f"draws/{first['drawId']}", headers=bearer())
    second = announced(scene, beacon={"kind": "manual"})

    assert (aborted.status_code, again.json()) == (200, aborted.json())
    body = aborted.json()
    assert body == first | {"status": "aborted", "abortedAt": body["abortedAt"]}
    assert (second["number"], second["manifest"]["beacon"]) == (2, {"kind": "manual"})
    assert scene.ask("GET", "draws").json()["draws"] == [second, body]


def test_draws_are_listed_page_by_page(scene: Scene) -> None:
    draws = [announced(scene) for _ in range(3)]

    first = scene.ask("GET", "draws?limit=2").json()
    last = scene.ask("GET", f"draws?limit=2&cursor={first['next']}").json()

    assert first["draws"] + last["draws"] == draws[::-1]
    assert last["next"] is None
    assert scene.elsewhere().ask("GET", "draws").json() == {"draws": [], "next": None}
    for cursor in ("x", "YQ", "LTE"):
        assert_problem(scene.ask("GET", f"draws?cursor={cursor}"), 422, "request.invalid", "/cursor")
    assert_problem(scene.ask("GET", "draws?limit=101"), 422, "request.invalid", "/limit")
    assert_problem(scene.elsewhere("privacy").ask("GET", "draws"), 422, "request.invalid", "/campaignId")


WRONG: list[tuple[Any, str]] = [
    ({}, "/places"),
    ({"places": {}}, "/places"),
    ({"places": {"ber": 1}}, "/places/ber"),
    ({"places": {"nyc": 0}}, "/places/nyc"),
    ({"places": {"nyc": 10_000_001}}, "/places/nyc"),
    ({"places": {"nyc": 1.5}}, "/places/..."),
    ({"places": {"nyc,bos": 1}}, "/places"),
    ({"places": {"nyc>bos": 1}}, "/places"),
    ({"places": PLACES, "tiers": [70, 90]}, "/tiers/1"),
    ({"places": PLACES, "tiers": [70, 70]}, "/tiers/1"),
    ({"places": PLACES, "tiers": [101]}, "/tiers/0"),
    ({"places": PLACES, "weights": [{"minScore": 1, "weight": 0}]}, "/weights/0/weight"),
    ({"places": PLACES, "weights": [{"minScore": 1, "weight": 65}]}, "/weights/0/weight"),
    ({"places": PLACES, "weights": [{"weight": 1}]}, "/weights/0/minScore"),
    ({"places": PLACES, "minScore": -1}, "/minScore"),
    ({"places": PLACES, "minScore": 50.00001}, "/minScore"),
    ({"places": PLACES, "exclude": ["red"]}, "/exclude/0"),
    ({"places": PLACES, "groupBy": ""}, "/groupBy"),
    ({"places": PLACES, "beacon": {"kind": "dice"}}, "/beacon/kind"),
    ({"places": PLACES, "beacon": {"kind": "drand", "round": 0}}, "/beacon/round"),
    ({"places": PLACES, "beacon": {"kind": "drand", "round": 1_000}}, "/beacon/round"),
    ({"places": PLACES, "beacon": {"kind": "manual", "round": 40_000_000}}, "/beacon/round"),
    ({"places": PLACES, "seed": "00" * 32}, "/seed"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_a_wrong_rule_is_a_422_that_names_the_field(scene: Scene, body: Any, pointer: str) -> None:
    assert_problem(scene.post("draws", body), 422, "request.invalid", pointer)

    assert scene.ask("GET", "draws").json()["draws"] == []


def test_an_unknown_campaign_and_an_unknown_draw_are_404(scene: Scene) -> None:
    draw = announced(scene)
    elsewhere = scene.elsewhere()
    assert_problem(elsewhere.post("draws", {"places": PLACES}), 404, "campaign.not_found")
    for id, where in (("no-such-draw", scene), (draw["drawId"], elsewhere), ("%00", scene), ("x" * 500, scene)):
        assert_problem(where.ask("GET", f"draws/{id}"), 404, "draw.not_found")
        assert_problem(where.ask("DELETE", f"draws/{id}", headers=bearer()), 404, "draw.not_found")
        assert_problem(where.get(f"draws/{id}/list.csv"), 404, "draw.not_found")


def test_a_narrowed_token_needs_the_scope_of_draws(scene: Scene) -> None:
    body = {"places": PLACES}
    for scope, allowed in (("fangate:draws", True), ("fangate:entries", False), ("fangate:read", False)):
        answer = scene.post("draws", body, headers=bearer(scope=scope))
        assert (answer.status_code == 201) is allowed, scope
    draw = scene.ask("GET", "draws").json()["draws"][0]["drawId"]
    assert scene.get(f"draws/{draw}/list.csv", headers=bearer(scope="fangate:read")).status_code == 200
    refused = scene.post("draws", body, headers=bearer(campaigns=["other"]))
    assert_problem(refused, 403, "auth.campaign")
    other = scene.ask("DELETE", f"draws/{draw}", headers=bearer(scope="fangate:entries"))
    assert_problem(other, 403, "auth.scope")


def test_draws_on_mongodb(stored: Scene) -> None:
    stored.opens()
    stored.fan("ann").confirmed()

    draw = announced(stored)

    assert stored.ask("GET", f"draws/{draw['drawId']}").json() == draw
    listed = stored.get(f"draws/{draw['drawId']}/list.csv").content
    assert hashlib.sha256(listed).hexdigest() == draw["manifest"]["listDigest"]
    aborted = stored.ask("DELETE", f"draws/{draw['drawId']}", headers=bearer()).json()
    assert stored.ask("GET", "draws").json()["draws"] == [aborted]


# Running and filling


RANDOMNESS = "ab" * 32


def drawn(scene: Scene, places: dict[str, int]) -> Any:
    draw = announced(scene, places=places, beacon={"kind": "manual"})
    answer = scene.post(f"draws/{draw['drawId']}/run", {"randomness": RANDOMNESS})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_draw_is_run_and_its_entries_know_it(scorable: Scene) -> None:
    draw = drawn(scorable, {"nyc": 1})

    assert set(draw) == FIELDS
    assert (draw["status"], draw["randomness"]) == ("drawn", RANDOMNESS)
    assert (draw["placed"], draw["waitlisted"]) == ({"nyc": 1}, 1)
    results = scorable.get(f"draws/{draw['drawId']}/results.csv")
    assert hashlib.sha256(results.content).hexdigest() == draw["resultDigest"]
    markets = dict(line.split(",") for line in results.text.splitlines())
    for name in ("ann", "bob"):
        entry = scorable.seen(f"entries/{name}-{scorable.campaign}")
        placed = markets[entry["ballotId"]] == "nyc"
        assert entry["selection"] == ("selected" if placed else "waitlisted")
        assert entry["allocation"] == ({"market": "nyc", "drawId": draw["drawId"]} if placed else None)
    again = scorable.post(f"draws/{draw['drawId']}/run", {})
    assert (again.status_code, again.json()) == (200, draw)
    assert scorable.ask("GET", f"draws/{draw['drawId']}").json() == draw
    assert_problem(
        scorable.ask("DELETE", f"draws/{draw['drawId']}", headers=bearer("staff")), 409, "draw.not_announced"
    )


def test_what_was_published_is_verified_by_the_outsiders_file(scorable: Scene) -> None:
    draw = drawn(scorable, {"nyc": 1, "bos": 1})
    files = [scorable.get(f"draws/{draw['drawId']}/{file}").content for file in ("list.csv", "results.csv")]

    said = OUTSIDERS.verify(draw, *files, RANDOMNESS)

    assert said.startswith("every step agrees\n")
    assert draw["manifestDigest"] in said


def test_a_place_that_is_given_up_goes_to_the_next(scorable: Scene) -> None:
    draw = drawn(scorable, {"nyc": 1})
    fans = [f"{name}-{scorable.campaign}" for name in ("ann", "bob")]
    (placed,) = (fan for fan in fans if scorable.seen(f"entries/{fan}")["selection"] == "selected")
    (waiting,) = set(fans) - {placed}

    assert scorable.post(f"draws/{draw['drawId']}/fill", {}).json() == {"offered": {}}
    assert scorable.ask("DELETE", f"entries/{placed}", headers=bearer("staff")).status_code == 204
    assert scorable.ask("POST", f"draws/{draw['drawId']}/fill", headers=bearer("staff")).json() == {
        "offered": {"nyc": 1}
    }
    assert scorable.seen(f"entries/{waiting}")["allocation"] == {"market": "nyc", "drawId": draw["drawId"]}


def test_a_run_without_a_waiting_caller_ends_in_the_background(scorable: Scene) -> None:
    draw = announced(scorable, places={"nyc": 1}, beacon={"kind": "manual"})
    path = f"draws/{draw['drawId']}"
    accepted = scorable.post(
        f"{path}/run", {"randomness": RANDOMNESS}, headers=bearer("staff") | {"Prefer": "respond-async"}
    )

    assert (accepted.status_code, accepted.json()["randomness"]) == (202, RANDOMNESS)
    assert accepted.headers["location"] == f"/{scorable.campaign}/{path}"
    eventually(lambda: scorable.ask("GET", path).json()["status"], lambda status: status == "drawn")


@pytest.mark.parametrize("body", [{}, {"randomness": "ab"}, {"randomness": "zz" * 32}], ids=str)
def test_randomness_that_is_none_is_refused(scene: Scene, body: dict[str, str]) -> None:
    draw = announced(scene, beacon={"kind": "manual"})

    problem = assert_problem(scene.post(f"draws/{draw['drawId']}/run", body), 422, "request.invalid")
    assert problem["errors"][0]["pointer"] == "/randomness"


def test_a_draw_of_drand_is_not_run_before_its_round(scene: Scene) -> None:
    draw = announced(scene)
    answer = scene.ask("POST", f"draws/{draw['drawId']}/run", headers=bearer("staff"))

    problem = assert_problem(answer, 409, "draw.too_early")
    assert problem["round"] == draw["manifest"]["beacon"]["round"]
    assert int(answer.headers["retry-after"]) > 3_000
    assert_problem(scene.post(f"draws/{draw['drawId']}/fill", {}), 409, "draw.not_drawn")
    assert_problem(scene.post("draws/no-such-draw/run", {}), 404, "draw.not_found")


def test_fans_with_a_place_get_codes(scorable: Scene) -> None:
    draw = drawn(scorable, {"nyc": 1})
    path = f"draws/{draw['drawId']}/codes"

    short = assert_problem(scorable.post(path, {"type": "tm"}), 409, "codes.exhausted")
    assert short["available"] == 0
    scorable.stock("CODE-1", "CODE-2")
    assert scorable.post(path, {"type": "tm"}).json() == {"given": 1, "waiting": 0}
    assert scorable.post(path, {"type": "tm"}).json() == {"given": 0, "waiting": 0}

    assert scorable.counts() == (1, 0, 1)
    fans = [f"{name}-{scorable.campaign}" for name in ("ann", "bob")]
    for fan in fans:
        placed = scorable.seen(f"entries/{fan}")["selection"] == "selected"
        codes = scorable.get("codes/mine", headers=bearer(fan, supreme=False)).json()["codes"]
        assert len(codes) == placed
    assert_problem(scorable.post(path, {"type": "paper"}), 422, "request.invalid", "/type")
    assert_problem(scorable.post("draws/no-such-draw/codes", {"type": "tm"}), 404, "draw.not_found")
    waiting = announced(scorable, places={"nyc": 1}, beacon={"kind": "manual"})
    assert_problem(scorable.post(f"draws/{waiting['drawId']}/codes", {"type": "tm"}), 409, "draw.not_drawn")


def test_a_fan_keeps_the_own_line_and_checks_it_after_the_draw(scorable: Scene) -> None:
    draw = announced(scorable, places={"nyc": 1}, beacon={"kind": "manual"})
    fans = [f"{name}-{scorable.campaign}" for name in ("ann", "bob")]
    before = {fan: own_draws(scorable, fan) for fan in fans}
    ran = scorable.post(f"draws/{draw['drawId']}/run", {"randomness": RANDOMNESS}).json()

    outcomes = {}
    for fan in fans:
        (kept,), (own,) = before[fan], own_draws(scorable, fan)
        assert (kept["outcome"], kept["market"], kept["waitlist"]) == ("announced", None, {})
        assert {name: own[name] for name in ("drawId", "ballotId", "line", "proof")} == {
            name: kept[name] for name in ("drawId", "ballotId", "line", "proof")
        }
        assert "the draw has not run" in OUTSIDERS.verify_fan(kept, draw)
        assert "the line is in the list" in OUTSIDERS.verify_fan(own, ran)
        outcomes[own["outcome"]] = (own["market"], own["waitlist"])
    assert outcomes == {"placed": ("nyc", {}), "waitlisted": (None, {"nyc": 1})}


def own_draws(scene: Scene, fan: str) -> Any:
    answer = scene.get("entries/me/draws", headers=bearer(fan, supreme=False))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_fan_without_a_registration_has_no_draws(scene: Scene) -> None:
    announced(scene)
    assert_problem(scene.get("entries/me/draws"), 404, "entry.not_found")
