"""Uploading scores, and what came of it."""

from typing import Any

import httpx2

from tests.support.scene import Scene
from tests.support.tokens import bearer

NDJSON = {"Content-Type": "application/x-ndjson"}
SCORED = {"received", "upserted", "unchanged", "rejected", "problems"}


def record(scene: Scene, name: str, score: Any, **more: Any) -> dict[str, Any]:
    return {"userId": f"{name}-{scene.campaign}", "score": score} | more


def upload(scene: Scene, *records: dict[str, Any]) -> Any:
    return scene.told("entries/scoring", {"records": list(records)})


def stream(scene: Scene, *chunks: bytes) -> httpx2.Response:
    """Sent in pieces, so that there is no Content-Length."""
    return scene.ask("POST", "entries/scoring", content=iter(chunks), headers=bearer() | NDJSON)


def counts(answer: Any) -> tuple[int, int, int, int]:
    assert set(answer) == SCORED
    return answer["received"], answer["upserted"], answer["unchanged"], answer["rejected"]


def scores(scene: Scene) -> dict[str, float]:
    """Of every fan who has one, whatever the selection."""
    selections = ["none", "selected", "waitlisted", "declined"]
    found = scene.seen("entries/scoring", selection=selections)["records"]
    return {scene.name(one["userId"]): one["score"] for one in found}
