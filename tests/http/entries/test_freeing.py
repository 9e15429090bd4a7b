"""Staff take a number from the fan who has confirmed it."""

from tests.support.answers import assert_problem
from tests.support.fresh import new_phone
from tests.support.scene import Scene
from tests.support.tokens import bearer


def test_a_freed_number_can_be_confirmed_by_another_fan(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    ann.confirmed()
    scene.score(ann=90)
    assert_problem(bob.register(phone=ann.phone), 409, "phone.unavailable")
    assert scene.ranking() == ["ann"]

    national = f"({ann.phone[2:5]}) {ann.phone[5:]}"
    assert scene.told("phones/free", {"phone": national}) == {"freed": True}

    entry = ann.get("entries/me").json()
    assert (entry["status"], entry["phoneConfirmedAt"], entry["revision"]) == ("pending_confirmation", None, 3)
    assert entry["confirmation"]["token"] is None
    assert scene.ranking() == []
    theirs = bob.registered(phone=ann.phone)
    assert bob.confirm(theirs, ann.codes()[-1]).json()["phone"] == ann.phone
    assert_problem(ann.register(markets=["sfo"]), 409, "phone.unavailable")


def test_a_number_that_no_fan_has_confirmed_is_not_freed(scene: Scene) -> None:
    ann = scene.fan()
    entry = ann.registered()

    assert scene.told("phones/free", {"phone": ann.phone}) == {"freed": False}
    assert scene.told("phones/free", {"phone": new_phone()}) == {"freed": False}
    assert ann.confirm(entry).status_code == 200
    assert scene.told("phones/free", {"phone": ann.phone}) == {"freed": True}
    assert scene.told("phones/free", {"phone": ann.phone}) == {"freed": False}


def test_a_wrong_request_is_refused(scene: Scene) -> None:
    assert_problem(scene.post("phones/free", {"phone": "911"}), 422, "request.invalid", "/phone")
    assert_problem(scene.post("phones/free", {}), 422, "request.invalid", "/phone")
    nowhere = scene.elsewhere()
    assert_problem(nowhere.post("phones/free", {"phone": new_phone()}), 404, "campaign.not_found")
    fans = scene.post("phones/free", {"phone": new_phone()}, headers=bearer("ann", supreme=False))
    assert_problem(fans, 403, "auth.forbidden")
