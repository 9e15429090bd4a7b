"""GET /campaigns, GET /operations and the parked messages: what staff see first."""

from typing import Any

import pytest
from pymongo import MongoClient

from domain.model.messaging.leases import PARTITIONS
from tests.support.answers import TIME, assert_problem
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.worker import worker
from tests.support.tokens import bearer
from tests.support.waiting import eventually


def test_a_campaign_is_listed_with_its_codes_and_registrations(scene: Scene) -> None:
    scene.stock("A1", "A2", "A3")
    scene.assign(reservation := scene.reserve(2), reservation["codes"][0], "ann")
    scene.fan("ann").confirmed()
    scene.fan("bob").registered()

    listed = scene.http.get("/campaigns", params={"limit": 100}, headers=bearer()).json()["campaigns"]

    (ours,) = [campaign for campaign in listed if campaign["id"] == scene.campaign]
    assert ours == {
        "id": scene.campaign, "name": ours["name"], "status": "open", "opensAt": None, "closesAt": None,
        "codes": {"available": 1, "reserved": 1, "assigned": 1, "total": 3},
        "codesByType": {
            "tm": {"available": 1, "reserved": 1, "assigned": 1, "total": 3},
            "external": {"available": 0, "reserved": 0, "assigned": 0, "total": 0},
        },
        "registrations": {"total": 2, "confirmed": 1},
    }  # fmt: skip
    assert ours["name"]
    assert [campaign["id"] for campaign in listed] == sorted(campaign["id"] for campaign in listed)


def test_the_list_of_campaigns_has_pages(scene: Scene) -> None:
    for other in (scene, scene.elsewhere(), scene.elsewhere()):
        other.stock("A1")
    whole = scene.http.get("/campaigns", params={"limit": 100}, headers=bearer()).json()["campaigns"]
    walked, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = scene.http.get("/campaigns", params=query, headers=bearer()).json()
        walked += [campaign["id"] for campaign in page["campaigns"]]
        if (cursor := page["next"]) is None or len(walked) >= 100:
            break

    assert walked == [campaign["id"] for campaign in whole]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=x!", "cursor=ISE", "name=x"])
def test_a_wrong_query_for_campaigns_is_refused(scene: Scene, query: str) -> None:
    assert_problem(scene.http.get(f"/campaigns?{query}", headers=bearer()), 422, "request.invalid")


def test_without_messages_nothing_is_parked(scene: Scene) -> None:
    assert scene.http.get("/events/parked", headers=bearer()).json() == {"events": [], "next": None}
    retried = scene.http.post("/events/parked/retry", json={"ids": ["unknown"]}, headers=bearer())
    assert retried.json() == {"retried": 0, "missing": ["unknown"]}


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"all": False}, {"all": True, "ids": ["a"]}, {"ids": ["a" * 65]}]
)
def test_a_wrong_wish_to_retry_is_refused(scene: Scene, body: object) -> None:
    refused = scene.http.post("/events/parked/retry", json=body, headers=bearer())

    assert_problem(refused, 422, "request.invalid")


def test_operations_in_memory(scene: Scene) -> None:
    found = scene.http.get("/operations", headers=bearer()).json()

    assert found["outbox"]["parked"] == 0
    assert (found["queue"], found["missingIndexes"]) == ({"waiting": 0, "deadLetters": 0}, [])
    assert TIME.fullmatch(found["asOf"])


def operations_of(scene: Scene) -> Any:
    answer = scene.http.get("/operations", headers=bearer())
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_operations_show_what_waits_and_who_works(platform: Platform, database_url: str) -> None:
    settings = platform.settings | {"FANGATE_STORE": database_url}
    with a_scene(platform, settings) as scene:
        scene.fan("ann").registered()
        before = operations_of(scene)
        assert (before["workers"], before["outbox"]["waitingEntries"]) == ([], 1)
        with worker(settings):
            found = eventually(lambda: operations_of(scene), lambda found: not found["outbox"]["waitingEntries"])
            (one,) = found["workers"]
            assert TIME.fullmatch(one["renewedAt"])
            assert one["renewedAt"] < one["leaseEndsAt"]
            assert one["partitions"] == PARTITIONS
        assert operations_of(scene)["missingIndexes"] == []


def test_operations_name_the_indexes_that_are_missing(stored: Scene, database_url: str) -> None:
    with MongoClient[dict[str, object]](database_url) as client:
        client.get_default_database()["codes"].drop_index("pool")

        assert operations_of(stored)["missingIndexes"] == ["codes.pool"]
