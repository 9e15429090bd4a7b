"""Registrations over time, over HTTP."""

from typing import Any

import pytest

from tests.support.answers import TIME, assert_problem
from tests.support.scene import Scene


def test_a_timeline_counts_what_was_made_and_confirmed(scene: Scene) -> None:
    scene.fan("ann").confirmed()
    scene.fan("bob").registered()

    for unit, points in (("minute", 1_440), ("hour", 168), ("day", 365)):
        found = scene.seen("entries/timeline", unit=unit)["points"]
        assert len(found) == points
        assert (sum(one["created"] for one in found), sum(one["confirmed"] for one in found)) == (2, 1)
        assert all(TIME.fullmatch(one["at"]) for one in found)
    assert scene.seen("entries/timeline") == scene.seen("entries/timeline", unit="hour")


def test_a_timeline_has_the_units_that_were_asked_for(scene: Scene) -> None:
    asked = {"unit": "day", "from": "2026-11-20T23:00:00Z", "to": "2026-11-22T01:00:00+02:00"}

    assert [one["at"] for one in scene.seen("entries/timeline", **asked)["points"]] == [
        "2026-11-20T00:00:00.000Z",
        "2026-11-21T00:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"unit": "week"}, "/unit"), ({"unit": ""}, "/unit"), ({"from": "yesterday"}, "/from"),
        ({"from": "2026-11-20"}, "/from"), ({"from": "2026-11-20T10:00:00"}, "/from"),
        ({"to": ""}, "/to"), ({"to": "0001-01-01T00:00:00+14:00"}, "/to"),
        ({"from": "2026-11-20T10:00:00Z", "to": "2026-11-20T09:00:00Z"}, "/to"),
        ({"unit": "minute", "from": "2026-11-20T10:00:00Z", "to": "2026-11-22T10:00:00Z"}, "/from"),
        ({"limit": 5}, "/limit"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_time_that_does_not_fit_is_a_422(scene: Scene, query: dict[str, Any], pointer: str) -> None:
    assert_problem(scene.get("entries/timeline", params=query), 422, "request.invalid", pointer)
