"""Audited operations of codes, asked for in earnest by staff."""

from tests.http.audit.expected import CODES, HELD, Expected, asking, posting
from tests.support.scene import Scene


def _stocked(scene: Scene) -> None:
    scene.stock(*CODES)


def import_codes(scene: Scene) -> Expected:
    key = scene.put("\n".join(CODES))
    counts = {"rows": 2, "inserted": 2, "duplicates": 0, "conflicts": 0, "invalid": 0}
    return Expected(
        act=posting(scene, "codes", {"key": key}),
        asked={"key": key},
        outcome={"result": "done", "importId": ..., "status": "completed", **counts},
    )


def _upload(scene: Scene, type: str, key: str) -> Expected:
    content = "\n".join(CODES).encode()
    return Expected(
        act=asking(scene, "PUT", f"uploads/{type}/batch.csv", content=content),
        asked={"key": key, "replace": False},
        outcome={"result": "done", "bytes": len(content), "sha256": ...},
    )


def upload_codes(scene: Scene) -> Expected:
    return _upload(scene, "tm", f"codes/{scene.campaign}/tm/batch.csv")


def upload_scores(scene: Scene) -> Expected:
    return _upload(scene, "scoring", f"scoring/{scene.campaign}/batch.csv")


def withdraw_import(scene: Scene) -> Expected:
    id = scene.load("\n".join(CODES)).json()["importId"]
    return Expected(
        act=asking(scene, "DELETE", f"codes/imports/{id}"),
        asked={"importId": id},
        outcome={"result": "done", "removed": 2, "kept": {"reserved": 0, "assigned": 0}},
    )


def reserve(scene: Scene) -> Expected:
    _stocked(scene)
    asked = {"type": "tm", "count": 2, "reserveId": HELD}
    outcome = {"result": "done", "reserveId": HELD, "reserved": 2}
    return Expected(act=posting(scene, "reserve", asked), asked=asked, outcome=outcome)


def reserve_by_get(scene: Scene) -> Expected:
    _stocked(scene)
    asked = {"type": "tm", "count": 2, "reserveId": HELD}
    outcome = {"result": "done", "reserveId": HELD, "reserved": 2}
    return Expected(act=asking(scene, "GET", "reserve", params=asked), asked=asked, outcome=outcome)


def assign(scene: Scene) -> Expected:
    _stocked(scene)
    scene.reserve(2, reserveId=HELD)
    assignments = [{"code": CODES[0], "userId": "ann"}, {"code": "S3CR3T-3", "userId": "bob"}]
    return Expected(
        act=posting(scene, "assign", {"reserveId": HELD, "assignments": assignments}),
        asked={"reserveId": HELD, "codes": 2, "users": 2, "userIds": ["ann", "bob"]},
        outcome={"result": "done", "assigned": 1, "rejected": 1},
    )


def release(scene: Scene) -> Expected:
    _stocked(scene)
    scene.reserve(2, reserveId=HELD)
    return Expected(
        act=posting(scene, "release", {"reserveId": HELD, "codes": [*CODES, "S3CR3T-3"]}),
        asked={"reserveId": HELD, "codes": 3},
        outcome={"result": "done", "released": 2, "rejected": 1},
    )
