"""Registrations as they are kept in earnest: over MongoDB."""

import json
from collections.abc import Iterator
from typing import Any

import pymongo
import pytest
from pymongo.database import Database

from tests.support.answers import ENTRY, TIME, assert_problem
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.ports import free_port
from tests.support.tokens import bearer

NDJSON = {"Content-Type": "application/x-ndjson", "Accept": "application/x-ndjson"}


def half_an_hour_passes(database_url: str, campaign: str) -> None:
    """For the pauses of the campaign's fans. What numbers were sent is counted elsewhere, and stays."""
    earlier = {"$subtract": ["$verification.resendAfter", 1_800_000]}
    client: pymongo.MongoClient[dict[str, Any]]
    sent = {"$subtract": ["$$send.at", 1_800_000]}
    sends = {"$map": {"input": "$sends", "as": "send", "in": {"$mergeObjects": ["$$send", {"at": sent}]}}}
    with pymongo.MongoClient(database_url) as client:
        database: Database[dict[str, Any]] = client.get_default_database()
        moved = database["entries"].update_many(
            {"campaignId": campaign}, [{"$set": {"verification.resendAfter": earlier}}]
        )
        database["fanBudgets"].update_many({}, [{"$set": {"sends": sends}}])
    assert moved.matched_count


def test_a_registration_lives_its_whole_life(stored: Scene) -> None:
    """entry-service REQ-002, REQ-003, REQ-005, REQ-006, REQ-008."""
    odd = ["a.b", "$set", "__proto__", "a:/b", "🎫"]
    ann, bob = stored.fan("ann"), stored.fan("bob")
    entry = ann.registered(attributes=dict.fromkeys(odd, "x\x00"), optIns=dict.fromkeys(odd, True))
    theirs = bob.registered(phone=ann.phone)

    confirmed = ann.confirm(entry, ann.codes()[0]).json()

    assert set(confirmed) == ENTRY
    assert confirmed["attributes"] == dict.fromkeys(odd, "x\x00")
    assert ann.register().json() == confirmed
    assert_problem(bob.confirm(theirs, ann.codes()[1]), 409, "phone.unavailable")
    bob.confirmed()
    key = stored.platform.put_file(f"scoring/{stored.campaign}/s.csv", f"userId,score\n{ann.id},80.5\n".encode())
    assert stored.told("entries/scoring", {"key": key})["upserted"] == 1
    lines = "".join(json.dumps({"userId": user, "score": 80.5}) + "\n" for user in (bob.id, "zoe"))
    streamed = stored.ask("POST", "entries/scoring", content=lines.encode(), headers=bearer() | NDJSON).json()
    assert streamed["problems"] == [{"line": 2, "userId": "zoe", "reason": "no_entry"}]
    page = stored.seen("entries/scoring", limit=1, minScore=80.5)
    assert stored.ranking(cursor=page["next"], maxScore=80.5) == ["bob"]
    assert stored.told("entries/transfer", {"from": "nyc", "to": "bos"}) == {"matched": 2, "moved": 0, "merged": 2}
    assert stored.select("selected", "ann", "zoe")["rejected"] == [f"zoe-{stored.campaign}"]
    exported = stored.get("entries/scoring", headers=bearer() | NDJSON).text.splitlines()
    assert [json.loads(line).get("userId") for line in exported] == [bob.id, None]
    assert json.loads(exported[-1]) == {"end": True, "count": 1}
    ann.registered(phone="+12014447777")
    counts = stored.seen("entries/count")
    assert counts["byStatus"] == {"pending_confirmation": 1, "confirmed": 1}
    assert counts["byMarket"][1] == {"market": "bos", "total": 2, "confirmed": 1, "byRank": [1, 1, 0, 0]}
    assert stored.seen("entries/eligibility", selection=["none", "selected"])["eligible"] == 1


def test_another_code_makes_the_one_before_worthless(stored: Scene, database_url: str) -> None:
    ann = stored.fan()
    first = ann.registered()
    half_an_hour_passes(database_url, stored.campaign)

    answer = ann.post("entries/confirm/resend", None)

    again = answer.json()
    assert (answer.status_code, set(again)) == (202, {"token", "expiresAt", "resendAfter"})
    assert TIME.fullmatch(again["expiresAt"])
    assert again["token"] != first["confirmation"]["token"]
    assert len(ann.codes()) == 2
    assert ann.get("entries/me").json() == first | {"confirmation": again}
    assert_problem(ann.confirm(first, ann.codes()[0]), 409, "confirmation.superseded")
    assert_problem(ann.confirm(first, ann.codes()[1]), 409, "confirmation.superseded")
    assert ann.confirm({"confirmation": again}).status_code == 200


def test_a_number_gets_five_codes_an_hour_over_all_its_fans(stored: Scene, database_url: str) -> None:
    ann = stored.fan("ann")
    bob = stored.fan("bob", using=ann.phone)
    waits = [ann.registered()["confirmation"], bob.registered()["confirmation"]]
    for fan in (ann, ann, ann):
        half_an_hour_passes(database_url, stored.campaign)
        answer = fan.post("entries/confirm/resend", None)
        assert answer.status_code == 202
        waits.append(answer.json())
    half_an_hour_passes(database_url, stored.campaign)

    refused = bob.post("entries/confirm/resend", None)

    problem = assert_problem(refused, 429, "confirmation.too_soon")
    assert refused.headers["retry-after"] == str(problem["retryAfter"])
    assert 300 < problem["retryAfter"] <= 3_600
    assert len(ann.codes()) == 5
    assert len({wait["token"] for wait in waits}) == 5


def test_a_resend_does_not_give_back_what_strangers_used_up(stored: Scene, database_url: str) -> None:
    """entry-service REQ-009."""
    ann = stored.fan("ann")
    strangers = [stored.fan(name, using=ann.phone) for name in ("x1", "x2", "x3")]
    for stranger in strangers:
        stranger.use_up_all_tries(stranger.registered())
    half_an_hour_passes(database_url, stored.campaign)

    assert_problem(ann.register(), 409, "phone.unavailable")
    again = strangers[0].post("entries/confirm/resend", None)
    assert again.status_code == 202
    strangers[0].use_up_all_tries({"confirmation": again.json()})
    assert_problem(ann.register(), 409, "phone.unavailable")
    assert stored.post("phone-blocks/lift", {"phone": ann.phone}).status_code == 204
    assert ann.register().status_code == 201


@pytest.fixture(params=["store", "campaigns", "users"])
def lame(request: pytest.FixtureRequest, platform: Platform) -> Iterator[tuple[Scene, str]]:
    """A service without one of the parts it needs, and which."""
    missing = {
        "store": f"mongodb://127.0.0.1:{free_port()}/fangate?serverSelectionTimeoutMS=300",
        "campaigns": f"http://127.0.0.1:{free_port()}",
        "users": f"http://127.0.0.1:{free_port()}",
    }
    settings = platform.settings | {f"FANGATE_{request.param.upper()}": missing[request.param]}
    with a_scene(platform, settings) as scene:
        yield scene, request.param


def test_without_a_part_it_needs_a_registration_is_a_503(lame: tuple[Scene, str]) -> None:
    scene, part = lame

    refused = scene.fan().register()

    assert assert_problem(refused, 503, "service.unavailable")["part"] == part
    assert int(refused.headers["retry-after"]) > 0
