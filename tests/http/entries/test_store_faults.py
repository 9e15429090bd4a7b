"""The store refuses what it should do: every operation answers 503 and says so, none breaks."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import httpx2
import pytest

from entrypoints.http.operation import Operation
from tests.support.answers import assert_problem
from tests.support.fresh import new_phone
from tests.support.operations import DOCUMENTED, path_in_campaign
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers import backends
from tests.support.servers.mongod import ReplicaSet, packaged_mongod, replica_set
from tests.support.tokens import bearer
from tests.support.waiting import eventually

COMMANDS: Final = (
    "find", "aggregate", "distinct", "insert", "update", "findAndModify", "listCollections", "listIndexes",
)  # fmt: skip
QUESTIONS: Final = {"find", "aggregate", "distinct", "count"}
UNAUTHORIZED: Final = 13
FAULTS: Final = {
    UNAUTHORIZED: "Unauthorized",
    43: "CursorNotFound",
    112: "WriteConflict",
    175: "QueryPlanKilled",
    237: "CursorKilled",
    239: "SnapshotTooOld",
    246: "SnapshotUnavailable",
    262: "ExceededTimeLimit",
    11_601: "Interrupted",
}
READY: Final = "readyz"
ASKED_ONCE: Final = {"uploadCodes", "uploadScores"}
"""The file of the first request is there when they are repeated, so the repeat needs no store."""
RESENT: Final = {202, 429}  # If the pause between two sends is over depends on the time that a test takes.
NOT_OF_THE_STORE: Final = {"livez", "metrics", "openapi", "asyncapi", "docs"}

PHONE: Final = new_phone()
CHANGES: Final = itertools.count()

Ask = Callable[[Scene], httpx2.Response]


def as_declared(operation: Operation) -> Ask:
    """Ask as staff, with the example of the body that the operation declares."""
    body = None if operation.body is None else operation.example
    if not operation.of_campaign:
        return lambda scene: scene.http.request(operation.method, operation.path, json=body, headers=bearer())
    path = path_in_campaign(operation)
    return lambda scene: scene.ask(operation.method, path, json=body, headers=bearer())


OPERATIONS: Final[Mapping[str, Ask]] = {
    **{operation.id: as_declared(operation) for operation in DOCUMENTED if operation.id not in NOT_OF_THE_STORE},
    "erasePerson": lambda scene: scene.http.post("/privacy/erasures", json={"userId": "zoe"}, headers=bearer()),
    "importCodes": lambda scene: scene.load("A1\nA2\n"),
    "getCodeHistory": lambda scene: scene.get("codes/history", params={"code": "A1"}),
    "reserveCodes": lambda scene: scene.post("reserve", {"type": "tm", "count": 1}),
    "reserveCodesByGet": lambda scene: scene.get("reserve", params={"type": "tm", "count": 1}),
    "assignCodes": lambda scene: scene.post(
        "assign", {"reserveId": "reservation-1", "assignments": [{"code": "A1", "userId": "ann"}]}
    ),
    "releaseCodes": lambda scene: scene.post("release", {"reserveId": "reservation-1"}),
    "register": lambda scene: scene.fan(using=PHONE).register(firstName=f"Ann {next(CHANGES)}"),
    "confirmPhone": lambda scene: scene.fan("ann").confirm({"confirmation": {"token": "x"}}, "123456"),
    "resendCode": lambda scene: scene.fan("ann").post("entries/confirm/resend", None),
    "getMyEntry": lambda scene: scene.fan("ann").get("entries/me"),
    "scoreEntries": lambda scene: scene.post("entries/scoring", {"records": [{"userId": "ann", "score": 1}]}),
    "selectEntries": lambda scene: scene.post("entries/selection", {"userIds": ["ann"], "selection": "selected"}),
    "transferEntries": lambda scene: scene.post("entries/transfer", {"from": "nyc", "to": "bos"}),
}
"""Every operation that needs the store: as it is declared, or here where that would ask for nothing."""


@pytest.fixture(scope="module")
def faulty() -> Iterator[ReplicaSet]:
    if packaged_mongod() is None:
        backends.unavailable("a mongod that can be made to fail")
    with replica_set() as nodes:
        yield nodes


@pytest.fixture(scope="module")
def scene(faulty: ReplicaSet, platform: Platform) -> Iterator[Scene]:
    settings = platform.settings | {"FANGATE_STORE": faulty.url("fangate")}
    with a_scene(platform, settings) as scene:
        yield scene


def test_every_operation_is_tried() -> None:
    """An operation outside the campaigns needs the store or does not: this file says which."""
    assert {operation.id for operation in DOCUMENTED} - NOT_OF_THE_STORE == set(OPERATIONS), __file__


@pytest.fixture(scope="module")
def refused(scene: Scene, faulty: ReplicaSet) -> Mapping[str, Sequence[str]]:
    """The operations that the store's refusal of a command keeps from their work, by the command."""
    statuses(scene)  # What is registered stays: the next time it is changed.
    return {command: refused_with(scene, faulty, command, UNAUTHORIZED, OPERATIONS) for command in COMMANDS}


def refused_with(
    scene: Scene, faulty: ReplicaSet, command: str, fault: int, operations: Collection[str]
) -> Sequence[str]:
    """Those of the operations that answer 503 while the store refuses the command. None breaks."""
    answers = {}
    with faulty.failing([command], fault):
        for name in operations:
            answer = answers[name] = OPERATIONS[name](scene)
            if answer.status_code == 503 and name != READY:
                assert assert_problem(answer, 503, "service.unavailable")["part"] == "store"
    assert {name: one.text for name, one in answers.items() if one.status_code not in {503, *range(500)}} == {}
    return [name for name, answer in answers.items() if answer.status_code == 503]


def test_every_operation_answers_503_when_the_store_refuses_a_command_that_it_needs(
    refused: Mapping[str, Sequence[str]],
) -> None:
    """Each operation is asked while each command is refused."""
    needing = {name for names in refused.values() for name in names}
    assert needing >= set(OPERATIONS) - {"confirmPhone"}  # Its token is refused before the store is asked.


@pytest.mark.parametrize("code", FAULTS, ids=FAULTS.values())
def test_every_fault_of_the_store_is_a_503_and_passes(
    scene: Scene, faulty: ReplicaSet, refused: Mapping[str, Sequence[str]], code: int
) -> None:
    """Each fault with each command, and each operation that needs the command with one of the faults.

    The adapter translates what the driver raises in one place. Only writes by compare-and-set and the adding of
    codes look at the fault themselves. So each pair of a command and an operation meets one fault more, not all.
    """
    before = statuses(scene)
    share = list(FAULTS).index(code)
    for command, needing in refused.items():
        assert_all_refused(scene, faulty, command, code, needing[share :: len(FAULTS)] or needing[:1])

    after = statuses(scene)
    assert after.pop("resendCode") in RESENT
    del before["resendCode"]
    assert after == before


def assert_all_refused(
    scene: Scene, faulty: ReplicaSet, command: str, fault: int, operations: Collection[str]
) -> None:
    """In the end: a process remembers some of what it has read, for seconds, and then needs the command again."""
    left = {*operations}

    def ask_again() -> set[str]:
        left.difference_update(refused_with(scene, faulty, command, fault, left), ASKED_ONCE)
        return left

    eventually(ask_again, lambda left: not left)


def statuses(scene: Scene) -> dict[str, int]:
    return {name: ask(scene).status_code for name, ask in OPERATIONS.items()}


def test_the_server_limits_the_time_of_every_question(scene: Scene, faulty: ReplicaSet) -> None:
    """A write waits for the majority for ``wTimeoutMS`` at most, and ends when the connection does."""
    statuses(scene)
    with faulty.primary().client() as client:
        client["fangate"].command("profile", 2)
        statuses(scene)
        client["fangate"].command("profile", 0)
        commands = [row["command"] for row in client["fangate"]["system.profile"].find({"appName": "fangate"})]

    questions = [one for one in commands if not QUESTIONS.isdisjoint(one)]
    assert len(questions) > len(OPERATIONS)
    assert [one for one in questions if "maxTimeMS" not in one] == []


def test_the_log_names_the_refusal_and_nothing_that_is_stored(scene: Scene, faulty: ReplicaSet) -> None:
    fan = scene.fan("secretive")
    with faulty.failing(["update", "insert"], 13):
        refused = fan.register()

    request_id = assert_problem(refused, 503, "service.unavailable")["requestId"]
    log = eventually(scene.service.logged, lambda log: log.count(request_id) > 1)
    failed = [json.loads(line) for line in log.splitlines() if request_id in line and '"http.failed"' in line]
    assert "lacks a role" in failed[0]["reason"]
    assert fan.phone not in log
    assert "Traceback" not in log
