"""A fan withdraws the own registration, staff any."""

from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer


def test_a_fan_withdraws_and_registers_again(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    ann.confirmed()
    scene.score(ann=90)
    before = ann.get("entries/me").json()

    for _ in range(2):
        withdrawn = scene.ask("DELETE", "entries/me", headers=bearer(ann.id, supreme=False))
        assert (withdrawn.status_code, withdrawn.content) == (204, b"")

    assert_problem(ann.get("entries/me"), 404, "entry.not_found")
    assert_problem(scene.get(f"entries/{ann.id}"), 404, "entry.not_found")
    assert scene.ranking() == []
    counts = scene.get("entries/count").json()
    assert (counts["total"], counts["byStatus"], counts["withdrawn"]) == (
        0,
        {"pending_confirmation": 0, "confirmed": 0},
        1,
    )
    assert_problem(ann.post("entries/confirm/resend", None), 404, "entry.not_found")
    assert bob.register(phone=ann.phone).status_code == 201

    again = ann.register()
    entry = again.json()
    assert again.status_code == 201
    assert (entry["revision"], entry["id"] == before["id"]) == (before["revision"] + 2, False)
    assert scene.get("entries/count").json()["withdrawn"] == 0


def test_staff_withdraw_a_fan_and_a_fan_no_other_fan(scene: Scene) -> None:
    ann = scene.fan("ann")
    ann.registered()
    for headers in (bearer("bob", supreme=False), bearer(ann.id, supreme=False)):
        assert_problem(scene.ask("DELETE", f"entries/{ann.id}", headers=headers), 403, "auth.forbidden")
    assert_problem(scene.ask("DELETE", "entries/unknown", headers=bearer()), 404, "entry.not_found")

    assert scene.ask("DELETE", f"entries/{ann.id}", headers=bearer()).status_code == 204
    assert scene.ask("DELETE", f"entries/{ann.id}", headers=bearer()).status_code == 204
    assert_problem(ann.get("entries/me"), 404, "entry.not_found")
