"""What version 0.1 stored is read and goes on living: all its collections, as its own processes wrote them.

``tests/data/README.md`` says how the file was made.
"""

import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pymongo
import pytest
from bson import json_util
from pymongo.database import Database

from tests.support.answers import assert_problem
from tests.support.commands import fangate
from tests.support.fresh import new_phone
from tests.support.paths import DATA
from tests.support.platform import Platform
from tests.support.registrations import a_fan, fan_body
from tests.support.scene import Fan, Scene, a_scene
from tests.support.servers.worker import worker
from tests.support.stored import assert_declared

WRITTEN: Final = json_util.loads((DATA / "stored-by-0.1.json").read_text())
TOLD: Final[dict[str, Any]] = WRITTEN["told"]
AS_TOLD: Final = {
    name: {field: value for field, value in entry.items() if field != "confirmation"}
    for name, entry in TOLD["entries"].items()
}
PASSED_ON_WITHIN_SECONDS: Final = 60
Documents = Database[dict[str, Any]]


def still_good(stored: Any) -> Any:
    """The document, with the ends of holds and codes still to come."""
    if isinstance(stored, list):
        return [still_good(item) for item in stored]
    if not isinstance(stored, dict):
        return stored
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return {name: tomorrow if name == "expiresAt" else still_good(value) for name, value in stored.items()}


@pytest.fixture(scope="module")
def settings(platform: Platform, mongodb_url: str) -> dict[str, str]:
    platform.put_fans(*(fan_body(a_fan(name)) for name in (*TOLD["phones"], "new")))
    server, _, options = mongodb_url.partition("?")
    return platform.settings | {"FANGATE_STORE": f"{server}stored_{uuid.uuid4().hex}?{options}"}


@pytest.fixture(scope="module")
def database(settings: dict[str, str]) -> Iterator[Documents]:
    """As processes of 0.1 left it, indexes included."""
    with pymongo.MongoClient[dict[str, Any]](settings["FANGATE_STORE"], tz_aware=True) as client:
        database = client.get_default_database()
        for collection, documents in WRITTEN["stored"].items():
            database[collection].insert_many(still_good(documents))
        for collection, indexes in WRITTEN["indexes"].items():
            for name, index in indexes.items():
                options = {key: value for key, value in index.items() if key not in {"v", "key"}}
                if name != "_id_":
                    database[collection].create_index(list(map(tuple, index["key"])), name=name, **options)
        yield database
        assert_declared(database)
        client.drop_database(database)


@pytest.fixture(scope="module")
def migrated(database: Documents, settings: dict[str, str]) -> Sequence["subprocess.CompletedProcess[str]"]:
    """Twice."""
    assert database["entries"].count_documents({})
    return [fangate("migrate", settings=settings) for _ in range(2)]


@pytest.fixture(scope="module")
def upgraded(migrated: object, settings: dict[str, str], platform: Platform) -> Iterator[Scene]:
    """Served by a process of today. The tests share it, and each leaves it to the next."""
    assert migrated
    with a_scene(platform, settings, campaign=TOLD["campaign"]) as scene:
        yield scene


def a_fan_of_then(scene: Scene, name: str) -> Fan:
    return Fan(scene, name, TOLD["phones"][name])


def test_the_file_has_every_collection_of_then() -> None:
    assert set(WRITTEN["stored"]) == {
        "codes", "entries", "imports", "leases", "parkedMessages", "phoneFailures", "phoneSends",
        "publishedEvents", "rateLimits", "scoring",
    }  # fmt: skip
    assert all(WRITTEN["stored"].values())


def test_migrate_says_what_it_did_and_which_fans_it_left_alone(
    database: Documents, migrated: Sequence["subprocess.CompletedProcess[str]"]
) -> None:
    first, second = migrated

    assert (first.returncode, second.returncode) == (0, 0)
    assert "index confirmedTelephone" in first.stdout
    assert "keys of 3 phones" in first.stdout
    assert f"ballots of {len(TOLD['entries'])} registrations" in first.stdout
    assert second.stdout == "nothing to do\n"
    for told in (first, second):
        assert "have confirmed, each in another spelling: 1." in told.stderr
        assert not [phone for phone in TOLD["phones"].values() if phone[1:] in told.stdout + told.stderr]
    assert database["entries"].count_documents({"status": "confirmed"}) == 4


def test_registrations_are_read_changed_and_confirmed(upgraded: Scene) -> None:
    read = {name: upgraded.seen(f"entries/{name}") for name in TOLD["entries"]}
    confirmations = {name: entry.pop("confirmation") for name, entry in read.items()}
    ballots = {entry.pop("ballotId") for entry in read.values()}
    assert [entry.pop("allocation") for entry in read.values()] == [None] * len(read)
    histories = [entry.pop("history") for entry in read.values()]

    assert histories == [[]] * len(read), "0.1 recorded none"
    assert confirmations["bob"]["token"] == TOLD["token"]
    assert read == AS_TOLD
    assert (len(ballots), None in ballots) == (len(read), False)

    bob = a_fan_of_then(upgraded, "bob")
    confirmed = bob.post("entries/confirm", {"token": TOLD["token"], "code": TOLD["code"]})
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    for name in ("ann", "cy", "dee", "eve"):
        changed = a_fan_of_then(upgraded, name).registered(markets=["bos"], attributes={"seat": "A"})
        assert (changed["status"], changed["markets"]) == ("confirmed", ["bos"])
        assert changed["revision"] == TOLD["entries"][name]["revision"] + 1
    gil = a_fan_of_then(upgraded, "gil")
    assert gil.registered(phone=new_phone())["status"] == "pending_confirmation"
    assert upgraded.ranking(selection="selected") == ["ann"]


def test_telephones_stay_their_fans_however_they_are_spelled(upgraded: Scene) -> None:
    new = Fan(upgraded, "new")
    spellings = ("+5491123456700", "+541123456700", "+5491123456711", "+541123456711", TOLD["phones"]["ann"])

    for spelling in spellings:
        assert_problem(new.register(phone=spelling), 409, "phone.unavailable")
    assert upgraded.told("phones/free", {"phone": "+541123456700"}) == {"freed": True}
    statuses = {name: upgraded.seen(f"entries/{name}")["status"] for name in ("cy", "dee", "eve")}
    assert statuses == {"cy": "confirmed", "dee": "pending_confirmation", "eve": "confirmed"}


def test_codes_go_on_living(upgraded: Scene) -> None:
    given, free, held = TOLD["held"]
    one = {"reserveId": "reservation-1", "assignments": [{"code": held, "userId": "eve"}]}

    assert [done["code"] for done in upgraded.told("assign", one)["assigned"]] == [held]
    assert [done["code"] for done in upgraded.seen("codes", userId="ann")["codes"]] == [given]
    assert upgraded.seen("codes/history", code=free)["history"][-1]["event"] == "released"
    assert len(upgraded.seen("reserve", type="tm", count=3)["codes"]) == 3
    assert len(upgraded.seen("reserve", type="external", count=5)["codes"]) == 5


def test_waiting_messages_are_passed_on(upgraded: Scene, database: Documents, settings: dict[str, str]) -> None:
    waiting = {message["id"] for entry in database["entries"].find() for message in entry.get("outbox", ())}
    parked = [document["_id"] for document in database["parkedMessages"].find()]
    assert len(waiting) > len(parked) > 0
    assert fangate("events", "retry", "--all", settings=settings).returncode == 0

    with worker(settings):
        deadline = time.monotonic() + PASSED_ON_WITHIN_SECONDS
        while database["entries"].count_documents({"outbox.0": {"$exists": True}}) and time.monotonic() < deadline:
            time.sleep(0.1)

    assert database["entries"].count_documents({"outbox.0": {"$exists": True}}) == 0
    assert database["parkedMessages"].count_documents({}) == 0
