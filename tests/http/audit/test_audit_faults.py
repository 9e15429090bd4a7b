"""No change is answered without its row: the store fails before the change, after it, and the service dies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx2
import pymongo
import pytest

from tests.http.audit.acts import ACTS, fits, rows_of
from tests.http.audit.expected import Act, posting
from tests.support.answers import assert_problem
from tests.support.fresh import new_id
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene, scene_on
from tests.support.servers import backends
from tests.support.servers.mongod import ReplicaSet, packaged_mongod, replica_set
from tests.support.servers.service import service
from tests.support.tokens import bearer
from tests.support.waiting import eventually

NOT_PERMITTED: Final = 13
ROWS: Final = "fangate.audit"
OFTEN: Final = {"reserveCodes", "reserveCodesByGet", "assignCodes", "releaseCodes"}
"""Their rows are written once, after the change."""
WITH_TWO_WRITES: Final = [operation for operation in ACTS if operation not in OFTEN]
REFUSED_AGAIN: Final = {"uploadCodes", "uploadScores"}
"""The name is taken when they are repeated, so the row cannot be completed."""
UNKNOWN: Final = {"result": "unknown"}


@pytest.fixture(scope="module")
def faulty() -> Iterator[ReplicaSet]:
    if packaged_mongod() is None:
        backends.unavailable("a mongod that can be made to fail")
    with replica_set() as nodes:
        yield nodes


@pytest.fixture(scope="module")
def settings(faulty: ReplicaSet, platform: Platform) -> dict[str, str]:
    return platform.settings | {"FANGATE_STORE": faulty.url("fangate")}


@pytest.fixture(scope="module")
def running(platform: Platform, settings: dict[str, str]) -> Iterator[Scene]:
    with a_scene(platform, settings) as scene:
        yield scene


@pytest.fixture
def scene(running: Scene) -> Scene:
    return running.elsewhere().opens()


def content(faulty: ReplicaSet, scene: Scene) -> Any:
    """What is stored in this campaign, but for its rows and for the imports that were begun."""
    with faulty.primary().client() as client:
        names = ("codes", "entries", "scoring")
        return {name: list(client["fangate"][name].find({"campaignId": scene.campaign})) for name in names}


def assert_not_stored(answer: httpx2.Response) -> None:
    assert assert_problem(answer, 503, "service.unavailable")["part"] == "store"


@pytest.mark.parametrize("operation", WITH_TWO_WRITES)
def test_a_change_whose_row_cannot_be_begun_is_not_made(scene: Scene, faulty: ReplicaSet, operation: str) -> None:
    act, named = ACTS[operation](scene).act, {"X-Request-Id": new_id("request")}
    before = content(faulty, scene)

    with faulty.failing(["insert"], NOT_PERMITTED, namespace=ROWS):
        assert_not_stored(act(named))

    assert content(faulty, scene) == before
    assert rows_of(scene, named["X-Request-Id"]) == []


@pytest.mark.parametrize("operation", WITH_TWO_WRITES)
def test_a_change_whose_row_cannot_be_completed_is_no_success(
    scene: Scene, faulty: ReplicaSet, operation: str
) -> None:
    expected, request_id = ACTS[operation](scene), new_id("request")

    with faulty.failing(["update"], NOT_PERMITTED, namespace=ROWS):
        assert_not_stored(expected.act({"X-Request-Id": request_id}))
    (unknown,) = rows_of(scene, request_id)
    repeated = expected.act({"X-Request-Id": request_id})

    assert fits(unknown["asked"], expected.asked)
    assert unknown["outcome"] == UNKNOWN
    assert repeated.status_code < 500
    (row,) = rows_of(scene, request_id)
    assert row == unknown | {"outcome": row["outcome"]}
    refused = operation in REFUSED_AGAIN or expected.outcome["result"] == "failed"
    assert row["outcome"]["result"] == ("unknown" if refused else expected.outcome["result"])


@pytest.mark.parametrize("operation", sorted(OFTEN))
def test_a_frequent_change_without_a_row_is_no_success_and_its_repeat_leaves_the_row(
    scene: Scene, faulty: ReplicaSet, operation: str
) -> None:
    expected, request_id = ACTS[operation](scene), new_id("request")

    with faulty.failing(["insert"], NOT_PERMITTED, namespace=ROWS):
        assert_not_stored(expected.act({"X-Request-Id": request_id}))
    assert rows_of(scene, request_id) == []
    assert expected.act({"X-Request-Id": request_id}).status_code == 200

    (row,) = rows_of(scene, request_id)
    assert fits(row["asked"], expected.asked)


def test_an_elected_primary_is_no_reason_for_a_second_row(scene: Scene, faulty: ReplicaSet) -> None:
    """The driver repeats a write that was interrupted."""
    expected, request_id = ACTS["selectEntries"](scene), new_id("request")

    with faulty.failing_once(["insert", "update"], 11_600, namespace=ROWS):
        assert expected.act({"X-Request-Id": request_id}).status_code == 200

    (row,) = rows_of(scene, request_id)
    assert fits(row["outcome"], expected.outcome)


def test_a_service_that_dies_between_the_change_and_the_row_leaves_an_unknown_outcome(
    faulty: ReplicaSet, platform: Platform, settings: dict[str, str], running: Scene
) -> None:
    request_id = new_id("request")
    with service(settings) as dying, scene_on(dying, platform) as scene:
        expected = ACTS["selectEntries"](scene)
        with faulty.hanging(["update"], ROWS), unanswered(expected.act, request_id):
            eventually(lambda: stored(faulty, scene, "entries", selection="selected"), lambda count: count == 1)
            dying.kill()
    again = running.elsewhere(scene.campaign)
    (unknown,) = rows_of(again, request_id)
    body = {"userIds": list(expected.asked["userIds"]), "selection": "selected"}

    repeated = again.ask("POST", "entries/selection", json=body, headers=bearer() | {"X-Request-Id": request_id})

    (row,) = rows_of(again, request_id)
    assert unknown["outcome"] == UNKNOWN
    assert repeated.json()["updated"] == 1
    assert fits(row["outcome"], expected.outcome)


def test_an_erasure_finds_the_codes_of_a_caller_although_the_service_died_before_the_row(
    faulty: ReplicaSet, platform: Platform, settings: dict[str, str], running: Scene
) -> None:
    reserver = new_id("reserver")
    with service(settings) as dying, scene_on(dying, platform) as scene:
        scene.stock("A1")
        reserve = posting(scene, "reserve", {"type": "tm", "count": 1}, reserver)
        with faulty.hanging(["insert"], ROWS), unanswered(reserve, new_id("request")):
            eventually(lambda: stored(faulty, scene, "codes", status="reserved"), lambda count: count == 1)
            dying.kill()
    again = running.elsewhere(scene.campaign)
    asked = again.http.get("/audit", params={"by": reserver}, headers=bearer())
    assert asked.json()["records"] == []

    erased = again.http.post("/privacy/erasures", json={"userId": reserver}, headers=bearer()).json()

    assert (erased["found"]["codes"], erased["remaining"]["codes"]) == (1, 0)
    change = again.seen("codes/history", code="A1")["history"][-1]
    assert (change["event"], change["by"]) == ("reserved", erased["pseudonym"])


@contextmanager
def unanswered(act: Act, request_id: str) -> Iterator[None]:
    """The request is under way while the block lasts, and gets no answer."""
    asking = threading.Thread(target=without_answer, args=(act, request_id))
    asking.start()
    try:
        yield
    finally:
        asking.join()


def without_answer(act: Act, request_id: str) -> None:
    with pytest.raises(httpx2.TransportError):
        act({"X-Request-Id": request_id})


def stored(faulty: ReplicaSet, scene: Scene, name: str, **wanted: str) -> int:
    """Documents of this campaign, as they survive the loss of the server."""
    with faulty.primary().client() as client:
        majority = client["fangate"].get_collection(
            name, read_concern=pymongo.read_concern.ReadConcern("majority")
        )
        return majority.count_documents({"campaignId": scene.campaign, **wanted})
