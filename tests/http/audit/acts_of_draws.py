"""Audited operations of draws, asked for in earnest by staff."""

from tests.http.audit.expected import Expected, asking, posting
from tests.support.scene import Scene


def announce(scene: Scene) -> Expected:
    scene.fan("ann").confirmed()
    rules = {
        "places": {"nyc": 2, "bos": 1},
        "tiers": [90, 70.5],
        "groupBy": "S3CR3T",
        "beacon": {"kind": "manual"},
    }
    kept = {"markets": ["nyc", "bos"], "places": 3, "tiers": ["90.0", "70.5"], "weights": 0, "minScore": None}
    return Expected(
        act=posting(scene, "draws", rules),
        asked=kept | {"exclude": [], "grouped": True, "beacon": "manual", "round": None},
        outcome={"result": "done", "drawId": ..., "number": 1, "entrants": 0, "manifestDigest": ...},
    )


def _a_manual_draw(scene: Scene) -> str:
    scene.fan("ann").confirmed()
    rules = {"places": {"nyc": 1}, "beacon": {"kind": "manual"}}
    return str(scene.post("draws", rules).json()["drawId"])


def run(scene: Scene) -> Expected:
    draw = _a_manual_draw(scene)
    return Expected(
        act=posting(scene, f"draws/{draw}/run", {"randomness": "5ec3e7" * 20}),
        asked={"drawId": draw, "manual": True},
        outcome={
            "result": "done", "number": 1, "status": "drawn", "placed": 1, "waitlisted": 0, "resultDigest": ...,
        },
    )  # fmt: skip


def fill(scene: Scene) -> Expected:
    draw = _a_manual_draw(scene)
    scene.post(f"draws/{draw}/run", {"randomness": "5ec3e7" * 20})
    return Expected(
        act=posting(scene, f"draws/{draw}/fill", {"places": {"nyc": 2}}),
        asked={"drawId": draw, "places": 2},
        outcome={"result": "done", "number": 1, "offered": 0},
    )


def give_codes(scene: Scene) -> Expected:
    draw = _a_manual_draw(scene)
    scene.post(f"draws/{draw}/run", {"randomness": "5ec3e7" * 20})
    scene.stock("CODE-1")
    return Expected(
        act=posting(scene, f"draws/{draw}/codes", {"type": "tm"}),
        asked={"drawId": draw, "type": "tm"},
        outcome={"result": "done", "given": 1, "waiting": 0},
    )


def abort(scene: Scene) -> Expected:
    draw = scene.post("draws", {"places": {"nyc": 1}}).json()["drawId"]
    return Expected(
        act=asking(scene, "DELETE", f"draws/{draw}"),
        asked={"drawId": draw},
        outcome={"result": "done", "number": 1, "status": "aborted"},
    )
