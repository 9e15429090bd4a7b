"""A fan exports what is held of the fan; staff export and erase any person."""

from tests.support.answers import assert_problem
from tests.support.scene import Scene
from tests.support.tokens import bearer


def erase(scene: Scene, user_id: str, **changes: object) -> dict[str, object]:
    answer = scene.http.post("/privacy/erasures", json={"userId": user_id} | changes, headers=bearer())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_fan_exports_the_own_data_and_no_other(scene: Scene) -> None:
    ann, bob = scene.fan("ann"), scene.fan("bob")
    ann.confirmed(firstName="Annabel", attributes={"seat": "A1"})
    scene.score(ann=90)
    of_ann = bearer(ann.id, supreme=False)

    exported = scene.http.get("/privacy/export", headers=of_ann).json()

    (entry,) = exported["entries"]
    assert (entry["firstName"], entry["attributes"], entry["phone"]) == ("Annabel", {"seat": "A1"}, ann.phone)
    assert [score["score"] for score in exported["scoring"]] == [90]
    assert (exported["userId"], exported["codes"], exported["parked"]) == (ann.id, [], 0)
    assert exported["held"]["entries"] == 1
    refused = scene.http.get("/privacy/export", params={"userId": bob.id}, headers=of_ann)
    assert_problem(refused, 403, "auth.forbidden")
    theirs = scene.http.get("/privacy/export", params={"userId": ann.id}, headers=bearer())
    assert theirs.json()["entries"] == exported["entries"]


def test_the_export_has_the_own_part_in_draws(scene: Scene) -> None:
    ann = scene.fan("ann")
    ann.confirmed()
    scene.fan("bob").confirmed()
    of_ann = bearer(ann.id, supreme=False)
    draw = scene.post("draws", {"places": {"nyc": 2}, "beacon": {"kind": "manual"}}).json()["drawId"]
    scene.post(f"draws/{draw}/run", {"randomness": "ab" * 32})

    (exported,) = scene.http.get("/privacy/export", headers=of_ann).json()["draws"]

    assert exported.pop("campaignId") == scene.campaign
    assert (exported["drawId"], exported["outcome"], exported["market"]) == (draw, "placed", "nyc")
    assert [exported] == scene.get("entries/me/draws", headers=of_ann).json()


def test_staff_erase_a_person(scene: Scene) -> None:
    ann = scene.fan("ann")
    ann.confirmed()

    looked = erase(scene, ann.id, dryRun=True)
    assert looked["found"] == looked["remaining"]
    assert ann.get("entries/me").status_code == 200

    done = erase(scene, ann.id)
    assert done["found"] == looked["found"]
    assert set(dict(done["remaining"]).values()) == {0}  # type: ignore[call-overload]  # JSON
    assert str(done["pseudonym"]).startswith("erased:")
    assert erase(scene, ann.id)["pseudonym"] == done["pseudonym"]
    assert_problem(ann.get("entries/me"), 404, "entry.not_found")
    assert ann.register().status_code == 201


def test_a_fan_erases_no_one(scene: Scene) -> None:
    ann = scene.fan("ann")
    refused = scene.http.post("/privacy/erasures", json={"userId": ann.id}, headers=bearer(ann.id, supreme=False))
    assert_problem(refused, 403, "auth.forbidden")


def test_a_wrong_request_is_refused(scene: Scene) -> None:
    for body, pointer in (({}, "/userId"), ({"userId": ""}, "/userId"), ({"userId": "a", "x": 1}, "/x")):
        answer = scene.http.post("/privacy/erasures", json=body, headers=bearer())
        assert_problem(answer, 422, "request.invalid", pointer)
    unknown = scene.http.get("/privacy/export", params={"userId": "a\nb"}, headers=bearer())
    assert_problem(unknown, 422, "request.invalid", "/userId")
