"""Staff search and list registrations over HTTP."""

from typing import Any

import pytest

from entrypoints.http.request.cursors import cursor_after
from tests.support.answers import assert_problem
from tests.support.scene import Scene


def names(scene: Scene, **filters: Any) -> list[str]:
    page = scene.seen("entries", **filters)
    assert page["next"] is None
    return [entry["userId"].removesuffix(f"-{scene.campaign}") for entry in page["entries"]]


@pytest.fixture
def crowd(scene: Scene) -> Scene:
    scene.fan("ann").confirmed(markets=["nyc", "bos"], email="Ann@Example.org")
    scene.fan("bob").confirmed(markets=["lax"], email="bob@example.org")
    scene.fan("cy").registered(markets=["bos"], email="cy@example.org")
    scene.score(ann=90)
    scene.select("selected", "bob")
    return scene


def test_each_filter_over_http(crowd: Scene) -> None:
    everyone = set(names(crowd))
    ann = crowd.seen("entries", email="ann@example.org")["entries"][0]

    assert everyone == {"ann", "bob", "cy"}
    assert ann == crowd.seen(f"entries/{ann['userId']}")
    assert names(crowd, phone=ann["phone"]) == names(crowd, userId=ann["userId"]) == ["ann"]
    assert names(crowd, status="pending_confirmation") == ["cy"]
    assert set(names(crowd, market="bos")) == {"ann", "cy"}
    assert names(crowd, selection="selected") == names(crowd, scored="false") == ["bob"]
    assert names(crowd, scored="true") == ["ann"]
    assert set(names(crowd, fraud=ann["fraud"]["status"])) == everyone
    assert names(crowd, market="bos", status="confirmed") == ["ann"]


def test_pages_follow_each_other(crowd: Scene) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = crowd.seen("entries", limit=1, **cursor)
        seen += [entry["userId"] for entry in page["entries"]]
        cursor = {"cursor": page["next"]}

    assert page["next"] is None
    assert len(set(seen)) == 3


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"phone": "12"}, "/phone"), ({"phone": ""}, "/phone"), ({"email": "ann"}, "/email"),
        ({"email": ""}, "/email"), ({"status": "withdrawn"}, "/status"), ({"status": ""}, "/status"),
        ({"market": "never-was"}, "/market"), ({"market": ["nyc", "bos"]}, "/market"),
        ({"selection": "chosen"}, "/selection"), ({"fraud": "bad"}, "/fraud"), ({"scored": "yes"}, "/scored"),
        ({"scored": "1"}, "/scored"), ({"limit": 0}, "/limit"), ({"limit": 501}, "/limit"),
        ({"userId": "a\u200bb"}, "/userId"), ({"cursor": "!"}, "/cursor"), ({"cursor": "abc"}, "/cursor"),
        ({"cursor": cursor_after("9" * 15 + " ann")}, "/cursor"), ({"cursor": cursor_after("5 ")}, "/cursor"),
        ({"cursor": cursor_after("5 a\u200bb")}, "/cursor"), ({"name": "ann"}, "/name"),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_a_filter_that_does_not_fit_is_a_422(crowd: Scene, query: dict[str, Any], pointer: str) -> None:
    assert_problem(crowd.get("entries", params=query), 422, "request.invalid", pointer)
