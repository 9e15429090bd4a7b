"""Staff see who changed a registration, and when; a fan does not."""

import pytest

from tests.support.scene import Scene
from tests.support.tokens import bearer

STAFF = "member-of-staff"


@pytest.fixture(params=["memory", "mongo"])
def scene_of_each_store(request: pytest.FixtureRequest) -> Scene:
    scene: Scene = request.getfixturevalue("scene" if request.param == "memory" else "stored")
    return scene


def test_staff_see_the_history_of_an_entry(scene_of_each_store: Scene) -> None:
    scene = scene_of_each_store
    ann = scene.fan("ann")
    ann.confirmed()
    ann.register(markets=["bos"])
    selected = scene.post(
        "entries/selection", {"userIds": [ann.id], "selection": "selected"}, headers=bearer(STAFF)
    )
    assert selected.json()["updated"] == 1
    freed = scene.post("phones/free", {"phone": ann.phone}, headers=bearer("another"))
    assert freed.json() == {"freed": True}

    entry = scene.seen(f"entries/{ann.id}")

    assert [(one["event"], one["by"], one["revision"]) for one in entry["history"]] == [
        ("created", ann.id, 1),
        ("phone_confirmed", ann.id, 2),
        ("updated", ann.id, 3),
        ("selected", STAFF, 4),
        ("updated", "another", 5),
    ]
    assert (entry["history"][0]["at"], entry["history"][-1]["at"]) == (entry["createdAt"], entry["updatedAt"])
    assert scene.seen("entries", userId=ann.id)["entries"] == [entry]
    assert scene.seen("entries", phone=ann.phone)["entries"] == [entry]


def test_a_fan_sees_it_in_the_export_only(scene: Scene) -> None:
    ann = scene.fan("ann")
    registered = ann.confirmed()

    assert "history" not in registered
    assert "history" not in ann.get("entries/me").json()
    assert "history" not in ann.get(f"entries/{ann.id}").json()
    exported = scene.http.get("/privacy/export", headers=ann.headers).json()
    assert [one["event"] for one in exported["entries"][0]["history"]] == ["created", "phone_confirmed"]


def test_staff_who_register_a_fan_are_named(scene: Scene) -> None:
    ann = scene.fan("ann")
    body = {"phone": ann.phone, "markets": ["nyc"], "userId": ann.id}
    assert scene.post("entries", body, headers=bearer(STAFF)).status_code == 201

    assert [one["by"] for one in scene.seen(f"entries/{ann.id}")["history"]] == [STAFF]
