"""Reserving over HTTP: POST, and the seeds' GET (code-service REQ-003, REQ-007)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx2
import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.waiting import eventually

MINE = "reservation-mine"

Ask = Callable[..., httpx2.Response]


def by_post(scene: Scene, **wanted: object) -> httpx2.Response:
    return scene.post("reserve", wanted)


def by_get(scene: Scene, **wanted: object) -> httpx2.Response:
    return scene.get("reserve", params={name: str(value) for name, value in wanted.items()})


BOTH = pytest.mark.parametrize("ask", [by_post, by_get])


@BOTH
def test_a_reservation_has_the_shape_the_contract_gives_it(scene: Scene, ask: Ask) -> None:
    scene.stock("A1", "A2", "A3")

    answer = ask(scene, type="tm", count=2)

    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {"reserveId", "campaignId", "type", "codes", "reservedAt", "expiresAt"}
    assert (body["campaignId"], body["type"]) == (scene.campaign, "tm")
    assert len(set(body["codes"]) & {"A1", "A2", "A3"}) == 2
    assert len(body["reserveId"]) >= 8
    assert TIME.fullmatch(body["reservedAt"])
    held_for = datetime.fromisoformat(body["expiresAt"]) - datetime.fromisoformat(body["reservedAt"])
    assert held_for == timedelta(hours=24)
    assert scene.counts() == (1, 2, 0)


@BOTH
def test_the_same_reserve_id_again_is_the_same_reservation(scene: Scene, ask: Ask) -> None:
    scene.stock("A1", "A2", "A3", "A4")

    first = ask(scene, type="tm", count=2, reserveId=MINE).json()
    again = ask(scene, type="tm", count=2, reserveId=MINE).json()

    assert first["reserveId"] == MINE
    assert again == first
    assert scene.counts() == (2, 2, 0)


@BOTH
@pytest.mark.parametrize(("type", "count"), [("external", 1), ("tm", 2)])
def test_the_same_reserve_id_for_something_else_is_a_mismatch(
    scene: Scene, ask: Ask, type: str, count: int
) -> None:
    scene.stock("A1", "A2", "A3")
    scene.stock("E1", "E2", type="external")
    ask(scene, type="tm", count=1, reserveId=MINE)

    assert_problem(ask(scene, type=type, count=count, reserveId=MINE), 409, "reservation.mismatch")
    assert scene.counts() == (2, 1, 0)


@BOTH
def test_too_few_codes_are_told_and_none_stays_held(scene: Scene, ask: Ask) -> None:
    scene.stock("A1", "A2")
    scene.stock("E1", "E2", type="external")

    problem = assert_problem(ask(scene, type="tm", count=3), 409, "codes.exhausted")

    assert problem["available"] == 2
    assert scene.counts() == (2, 0, 0)


def test_types_are_reserved_apart(scene: Scene) -> None:
    """code-service REQ-002."""
    scene.stock("A1")
    scene.stock("E1", type="external")

    assert scene.reserve(1, type="external")["codes"] == ["E1"]
    assert scene.reserve(1, type="tm")["codes"] == ["A1"]


def test_campaigns_are_kept_apart(scene: Scene) -> None:
    scene.stock("A1")
    other = scene.elsewhere()

    assert_problem(other.post("reserve", {"type": "tm", "count": 1}), 409, "codes.exhausted")


@pytest.mark.parametrize("campaign", ["doc", "livez", "metrics", "codes", "x" * 64])
def test_any_id_the_contract_allows_is_a_campaign(scene: Scene, campaign: str) -> None:
    named = scene.elsewhere(campaign)

    assert named.get("codes").json() == {"codes": [], "next": None}
    assert_problem(named.get("reserve?type=tm&count=1"), 409, "codes.exhausted")


@pytest.mark.parametrize(
    ("pointer", "wanted"),
    [
        ("/type", {"type": "gold", "count": 1}),
        ("/type", {"count": 1}),
        ("/count", {"type": "tm"}),
        ("/count", {"type": "tm", "count": 0}),
        ("/count", {"type": "tm", "count": -1}),
        ("/count", {"type": "tm", "count": 1_001}),
        ("/count", {"type": "tm", "count": "two"}),
        ("/count", {"type": "tm", "count": 1.5}),
        ("/reserveId", {"type": "tm", "count": 1, "reserveId": "short"}),
        ("/reserveId", {"type": "tm", "count": 1, "reserveId": "with a\ttab"}),
        ("/reserveId", {"type": "tm", "count": 1, "reserveId": "x" * 129}),
        ("/reserveId", {"type": "tm", "count": 1, "reserveId": "new-line\n"}),
        ("/colour", {"type": "tm", "count": 1, "colour": "red"}),
    ],
)
@BOTH
def test_what_is_wrong_is_named(scene: Scene, ask: Ask, pointer: str, wanted: dict[str, object]) -> None:
    assert_problem(ask(scene, **wanted), 422, "request.invalid", pointer)


def test_sixty_four_callers_at_once_each_get_codes_of_their_own(scene: Scene) -> None:
    """code-service REQ-007: while there are enough codes, no caller is refused."""
    scene.stock(*(f"A{number}" for number in range(128)))
    with ThreadPoolExecutor(64) as callers:
        answers = list(callers.map(lambda _: by_post(scene, type="tm", count=2), range(64)))

    assert [answer.status_code for answer in answers] == [200] * 64
    assert len({code for answer in answers for code in answer.json()["codes"]}) == 128


def test_callers_racing_with_one_reserve_id_hold_one_reservation(scene: Scene) -> None:
    scene.stock(*(f"A{number}" for number in range(50)))
    with ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda _: by_post(scene, type="tm", count=3, reserveId=MINE), range(16)))

    assert {answer.text for answer in answers} == {answers[0].text}
    assert scene.counts() == (47, 3, 0)


def test_a_hold_that_lapsed_is_available_again_and_can_no_longer_be_assigned(hasty_scene: Scene) -> None:
    """code-service REQ-003."""
    scene = hasty_scene
    scene.stock("A1")
    lapsed = scene.reserve(1, reserveId=MINE)

    eventually(scene.counts, lambda counts: counts == (1, 0, 0))

    assert scene.assign(lapsed, "A1", "fan-1")["rejected"] == [
        {"code": "A1", "userId": "fan-1", "reason": "expired"}
    ]
    again = scene.reserve(1, reserveId=MINE)
    assert again["codes"] == ["A1"]
    assert again["reservedAt"] > lapsed["reservedAt"]
