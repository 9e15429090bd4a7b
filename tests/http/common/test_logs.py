"""The log says what happened to which request, and never a code, a user, a token or a secret."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.forging import claims, hs256
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.service import SECRET, Service, service
from tests.support.tokens import bearer, token
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

SECRET_CODE = "K7QX-SECRET"


@pytest.fixture
def alone(platform: Platform) -> Iterator[Scene]:
    """A service with a log of this test alone."""
    with a_scene(platform, {"FANGATE_LOG_LEVEL": "debug"}) as scene:
        yield scene


def lines(running: Service) -> list[dict[str, Any]]:
    return [dict(json.loads(line)) for line in running.logged().splitlines()]


def live_a_whole_life(scene: Scene, code: str) -> None:
    """Everything that can be done with a code, and much that cannot."""
    scene.stock(code)
    scene.load(f'\x01{code}\n"{code}\n')
    scene.load(code.encode() + b"\xff")
    scene.load(f"{code}\n", headers={"Prefer": "respond-async"})
    scene.load(code.encode() + b"\xff", headers={"Prefer": "respond-async"})
    reservation = scene.reserve(1)
    scene.assign(reservation, code, f"user-{code}")
    scene.assign(reservation, code, f"other-{code}")
    scene.post("release", {"reserveId": reservation["reserveId"], "codes": [code]})
    for query in (f"code={code}", f"type={code}", f"{code}={code}", f"cursor={code}"):
        scene.get(f"codes?{query}")
    scene.get("codes/history", params={"code": code})
    for accept in ("application/x-ndjson", "text/csv"):
        scene.get("codes", headers={"Accept": accept})
    scene.post("reserve", {"type": code, "count": code})
    scene.post(f"{code}/x", {code: code})
    scene.http.get(f"/{code}!/codes", headers=bearer() | {"X-Request-Id": f"{code} !"})
    scene.http.request("BREW", f"/{code}", headers=bearer())


def test_no_code_no_user_and_no_secret_is_in_the_log(alone: Scene) -> None:
    live_a_whole_life(alone, SECRET_CODE)
    good = token()
    forged = hs256(b"x" * 40, claims())
    for authorization in (good, forged, "not-a-token"):
        alone.get("codes", headers={"Authorization": f"Bearer {authorization}"})
    eventually(lambda: lines(alone.service), lambda seen: sum(line.get("status") == 401 for line in seen) == 2)

    log = alone.service.logged()

    assert SECRET_CODE not in log
    assert SECRET not in log
    assert not [part for secret in (good, forged) for part in secret.split(".")[1:] if part in log]
    assert "not-a-token" not in log
    assert "Traceback" not in log


def test_every_line_is_json_and_says_what_was_answered(alone: Scene) -> None:
    live_a_whole_life(alone, SECRET_CODE)
    alone.get("codes/count?type=tm", headers={"X-Request-Id": "find-me"})

    seen = eventually(
        lambda: lines(alone.service), lambda seen: any(one.get("request_id") == "find-me" for one in seen)
    )

    assert all({"event", "level", "time"} <= set(line) for line in seen)
    (found,) = [line for line in seen if line.get("request_id") == "find-me"]
    assert isinstance(found.pop("ms"), float)
    assert found.pop("time")
    assert found == {
        "event": "http.answered",
        "level": "info",
        "request_id": "find-me",
        "method": "GET",
        "route": "/{campaignId}/codes/count",
        "status": 200,
        "campaign_id": alone.campaign,
    }


def test_the_level_is_as_configured(tmp_path: Path) -> None:
    settings = {"FANGATE_OBJECTS": f"file:{tmp_path}", "FANGATE_LOG_LEVEL": "error"}
    with service(settings) as running:
        httpx2.get(f"{running.url}/c1/codes", headers=bearer(), verify=NO_TLS)
        assert running.stop() == 0
        assert running.logged() == ""
