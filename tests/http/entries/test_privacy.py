"""What the service logs and answers while fans register: no phone of another fan, no code, no token."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import Fan, Scene, a_scene
from tests.support.servers.neighbours import Neighbour, Reply, neighbour
from tests.support.servers.service import SECRET
from tests.support.tokens import bearer

CONFIRMATION_SECRET = "another secret for tests, long enough to be one"
INVITE = "INVITE-7Q"


@pytest.fixture
def fraud() -> Iterator[Neighbour]:
    """Nudetect, that fails every time."""
    with neighbour(lambda _: Reply(500, {"error": "internal"})) as fraud:
        yield fraud


@pytest.fixture
def alone(platform: Platform, fraud: Neighbour) -> Iterator[Scene]:
    """A service with a log of this test alone, and every answer it gave."""
    settings = platform.settings | {
        "FANGATE_LOG_LEVEL": "debug",
        "FANGATE_CONFIRMATION_SECRET": CONFIRMATION_SECRET,
        "FANGATE_FRAUD": f"{fraud.url}/{INVITE}",
    }
    with a_scene(platform, settings) as scene:
        yield scene


def live_a_whole_life(scene: Scene, ann: Fan, bob: Fan) -> list[httpx2.Response]:
    """Everything that Ann can do with her phone; what Bob and others are told meanwhile."""
    entry = ann.registered(inviteCode=INVITE, email="ann@secret.example", attributes={"seat": "SECRET-SEAT"})
    theirs = bob.registered(phone=ann.phone)
    ann.confirm(entry, ann.codes()[0])
    other, token = scene.fan("cy"), entry["confirmation"]["token"]
    answers = [
        bob.register(phone=ann.phone, markets=["sfo"]),
        bob.confirm(theirs, ann.codes()[0]),
        bob.confirm(theirs, ann.codes()[1]),
        bob.post("entries/confirm", {"token": token, "code": ann.codes()[0]}),
        bob.post("entries/confirm", {"token": ann.phone, "code": ann.phone}),
        bob.post("entries/confirm/resend", None),
        bob.get(f"entries/{ann.id}"),
        other.register(phone=f"{ann.phone}0"),
        other.register(markets=[ann.phone]),
        other.register(phone=ann.phone),
        other.get(f"entries/{ann.phone}"),
        scene.post("entries/transfer", {"from": ann.phone, "to": ann.phone}),
        scene.get(f"entries/scoring?cursor={ann.phone[1:]}"),
        scene.get(f"entries/count?phone={ann.phone[1:]}"),
        scene.http.get(f"/{ann.phone}/entries/me", headers=other.headers | {"X-Request-Id": f"{ann.phone}!"}),
    ]
    scene.score(ann=50)
    scene.post("phone-blocks/lift", {"phone": ann.phone})
    scene.post("phones/free", {"phone": ann.phone})
    scene.ask("GET", f"entries/{token}", headers={"Authorization": f"Bearer {token}"})
    scene.ask("GET", "entries/me", headers=bearer(ann.id, exp=1_700_000_000))
    return answers


def lines(scene: Scene) -> list[dict[str, Any]]:
    return [dict(json.loads(line)) for line in scene.service.logged().splitlines()]


def test_no_log_and_no_other_answer_shows_a_phone_a_code_or_a_token(alone: Scene) -> None:
    ann, bob = alone.fan("ann"), alone.fan("bob", using="+12014448888")

    answers = live_a_whole_life(alone, ann, bob)

    assert alone.service.stop() == 0
    log = alone.service.logged()
    codes = ann.codes()
    tokens = [part for header in (ann.headers, bob.headers) for part in header["Authorization"].split(".")[1:]]
    hidden = [
        ann.phone,
        ann.phone[2:],
        *codes,
        SECRET,
        CONFIRMATION_SECRET,
        INVITE,
        "ann@secret.example",
        "SECRET-SEAT",
    ]
    assert len(codes) >= 2
    assert [answer.status_code for answer in answers if answer.is_success] == []
    assert not [text for text in (ann.phone, ann.phone[2:], *codes) for answer in answers if text in answer.text]
    assert not [text for text in [*hidden, *tokens] if text in log]
    assert "eyJ" not in log
    assert "Traceback" not in log


def test_the_log_says_what_was_answered_by_route_and_not_by_name(alone: Scene) -> None:
    ann = alone.fan("ann")
    ann.confirmed()
    alone.get(f"entries/{ann.id}?x=1", headers=bearer() | {"X-Request-Id": "find-me"})
    assert alone.service.stop() == 0

    seen = lines(alone)

    assert all({"event", "level", "time"} <= set(line) for line in seen)
    (found,) = [line for line in seen if line.get("request_id") == "find-me"]
    assert (found["route"], found["status"]) == ("/{campaignId}/entries/{userId}", 200)
    assert found["campaign_id"] == alone.campaign
    assert "neighbour.no_answer" in {line["event"] for line in seen}
    assert not [line for line in seen if ann.id in json.dumps(line)]
