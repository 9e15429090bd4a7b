"""Giving held codes to fans, and giving them back, over HTTP (code-service, "Code Status Lifecycle")."""

from typing import Any

import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene
from tests.support.waiting import eventually

MINE, THEIRS = "reservation-mine", "reservation-theirs"


def test_held_codes_are_assigned_in_the_order_asked(scene: Scene) -> None:
    scene.stock("A1", "A2")
    codes = scene.reserve(2, reserveId=MINE)["codes"]
    assignments = [{"code": code, "userId": f"fan-{code}"} for code in codes]

    body = scene.post("assign", {"reserveId": MINE, "assignments": assignments}).json()

    assert body["rejected"] == []
    assert [{"code": one["code"], "userId": one["userId"]} for one in body["assigned"]] == assignments
    assert all(TIME.fullmatch(one["assignedAt"]) for one in body["assigned"])
    assert scene.counts() == (0, 0, 2)


def test_every_reason_not_to_assign_is_told_and_the_others_are_assigned(hasty_scene: Scene) -> None:
    scene = hasty_scene
    scene.stock("GIVEN", "LAPSED")
    mine = scene.reserve(2, reserveId=MINE)
    scene.assign(mine, "GIVEN", "fan-1")
    eventually(scene.counts, lambda counts: counts == (1, 0, 1))
    scene.stock("E1", "E2", type="external")
    theirs = scene.reserve(1, type="external", reserveId=THEIRS)
    free = ({"E1", "E2"} - set(theirs["codes"])).pop()
    wanted = {
        "NOWHERE": "not_found",
        "LAPSED": "expired",
        "GIVEN": "assigned_to_another",
        free: "not_reserved",
        theirs["codes"][0]: "reserved_by_another",
    }

    body = scene.post(
        "assign", {"reserveId": MINE, "assignments": [{"code": code, "userId": "fan-2"} for code in wanted]}
    ).json()

    assert body["assigned"] == []
    assert {one["code"]: one["reason"] for one in body["rejected"]} == wanted
    assert {one["userId"] for one in body["rejected"]} == {"fan-2"}


def test_the_same_code_to_the_same_fan_again_keeps_the_first_time(scene: Scene) -> None:
    scene.stock("A1")
    reservation = scene.reserve()
    first = scene.assign(reservation, "A1", "fan-1")

    assert scene.assign(reservation, "A1", "fan-1") == first
    assert scene.assign(reservation, "A1", "fan-2")["rejected"][0]["reason"] == "assigned_to_another"


def test_one_code_for_two_fans_in_one_request_is_refused_whole(scene: Scene) -> None:
    scene.stock("A1", "A2")
    scene.reserve(2, reserveId=MINE)
    assignments = [
        {"code": "A2", "userId": "ann"},
        {"code": "A1", "userId": "ann"},
        {"code": " A1 ", "userId": "bob"},
    ]

    answer = scene.post("assign", {"reserveId": MINE, "assignments": assignments})

    assert_problem(answer, 422, "request.invalid", "/assignments/2/code")
    assert scene.counts() == (0, 2, 0)


def test_white_space_around_a_code_is_dropped_case_is_not(scene: Scene) -> None:
    scene.stock("Abc")
    reservation = scene.reserve()

    assert scene.assign(reservation, "abc", "ann")["rejected"][0]["reason"] == "not_found"
    assert scene.assign(reservation, "  Abc\t", "ann")["assigned"][0]["code"] == "Abc"


ONE: dict[str, Any] = {"code": "A1", "userId": "ann"}


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("/reserveId", {"assignments": [ONE]}),
        ("/reserveId", {"reserveId": 12_345_678, "assignments": [ONE]}),
        ("/assignments", {"reserveId": MINE}),
        ("/assignments", {"reserveId": MINE, "assignments": []}),
        ("/assignments", {"reserveId": MINE, "assignments": [ONE] * 1_001}),
        ("/assignments", {"reserveId": MINE, "assignments": {"A1": "ann"}}),
        ("/assignments/0/code", {"reserveId": MINE, "assignments": [ONE | {"code": ""}]}),
        ("/assignments/0/code", {"reserveId": MINE, "assignments": [ONE | {"code": " \t "}]}),
        ("/assignments/0/code", {"reserveId": MINE, "assignments": [ONE | {"code": "x" * 129}]}),
        ("/assignments/0/code", {"reserveId": MINE, "assignments": [ONE | {"code": "A\x00B"}]}),
        ("/assignments/1/userId", {"reserveId": MINE, "assignments": [ONE, ONE | {"userId": "a\tb"}]}),
        ("/assignments/1/userId", {"reserveId": MINE, "assignments": [ONE, ONE | {"userId": "x" * 129}]}),
        ("/assignments/0/userId", {"reserveId": MINE, "assignments": [{"code": "A1"}]}),
        ("/assignments/0/extra", {"reserveId": MINE, "assignments": [ONE | {"extra": 1}]}),
    ],
)
def test_what_is_wrong_is_named(scene: Scene, pointer: str, body: dict[str, object]) -> None:
    assert_problem(scene.post("assign", body), 422, "request.invalid", pointer)


def test_named_codes_go_back_to_the_pool(scene: Scene) -> None:
    scene.stock("A1", "A2", "A3")
    codes = scene.reserve(3, reserveId=MINE)["codes"]

    answer = scene.post("release", {"reserveId": MINE, "codes": codes[:2]})

    assert (answer.status_code, answer.json()) == (200, {"released": 2, "rejected": []})
    assert scene.counts() == (2, 1, 0)


@pytest.mark.parametrize("all_of_it", [{}, {"codes": None}])
def test_without_codes_all_that_is_still_held_goes_back(scene: Scene, all_of_it: dict[str, None]) -> None:
    scene.stock("A1", "A2", "A3")
    reservation = scene.reserve(3, reserveId=MINE)
    scene.assign(reservation, reservation["codes"][0], "ann")

    assert scene.post("release", {"reserveId": MINE} | all_of_it).json() == {"released": 2, "rejected": []}
    assert scene.counts() == (2, 0, 1)


def test_releasing_twice_releases_nothing_and_is_no_error(scene: Scene) -> None:
    scene.stock("A1")
    scene.reserve(1, reserveId=MINE)
    scene.post("release", {"reserveId": MINE})

    answer = scene.post("release", {"reserveId": MINE})

    assert (answer.status_code, answer.json()) == (200, {"released": 0, "rejected": []})


def test_no_code_named_is_not_all_codes(scene: Scene) -> None:
    scene.stock("A1")
    scene.reserve(1, reserveId=MINE)

    assert scene.post("release", {"reserveId": MINE, "codes": []}).json() == {"released": 0, "rejected": []}
    assert scene.counts() == (0, 1, 0)


def test_every_reason_not_to_release_is_told(scene: Scene) -> None:
    scene.stock("A1")
    scene.stock("E1", "E2", type="external")
    scene.assign(scene.reserve(1, reserveId=MINE), "A1", "ann")
    theirs = scene.reserve(1, type="external", reserveId=THEIRS)["codes"][0]
    free = ({"E1", "E2"} - {theirs}).pop()

    body = scene.post("release", {"reserveId": MINE, "codes": ["A1", theirs, free, "NOWHERE"]}).json()

    assert body == {
        "released": 0,
        "rejected": [
            {"code": "A1", "reason": "assigned"},
            {"code": theirs, "reason": "reserved_by_another"},
            {"code": free, "reason": "not_reserved"},
            {"code": "NOWHERE", "reason": "not_found"},
        ],
    }
