"""The service as it runs in earnest: over MongoDB and S3."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
import httpx2
import pymongo
import pytest

from tests.support.answers import assert_problem
from tests.support.scene import staff
from tests.support.servers import backends
from tests.support.servers.mongod import packaged_mongod, replica_set
from tests.support.servers.ports import free_port
from tests.support.servers.service import Service, service
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

BUCKET = "fangate-codes"


@pytest.fixture
def settings(database_url: str, aws_environment: dict[str, str]) -> dict[str, str]:
    return aws_environment | {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": f"s3://{BUCKET}"}


@pytest.fixture
def bucket(aws_environment: dict[str, str]) -> Any:
    s3 = botocore.session.get_session().create_client(
        "s3",
        endpoint_url=aws_environment["AWS_ENDPOINT_URL"],
        region_name=aws_environment["AWS_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    place = {"LocationConstraint": aws_environment["AWS_REGION"]}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    return s3


@pytest.fixture
def http(settings: dict[str, str], bucket: Any) -> Iterator[httpx2.Client]:
    with service(settings) as running, staff(running) as http:
        yield http


def test_a_code_lives_its_whole_life(http: httpx2.Client, bucket: Any) -> None:
    bucket.put_object(Bucket=BUCKET, Key="codes/c1/tm/a.csv", Body=b"A1\n A2 \n\nA1\nA3\n")

    imported = http.post("/c1/codes", json={"key": "codes/c1/tm/a.csv"}).json()
    held = http.post("/c1/reserve", json={"type": "tm", "count": 2, "reserveId": "reservation-1"}).json()
    again = http.post("/c1/reserve", json={"type": "tm", "count": 2, "reserveId": "reservation-1"}).json()
    given, back = held["codes"]
    assignment = {"reserveId": "reservation-1", "assignments": [{"code": given, "userId": "ann"}]}
    assigned = http.post("/c1/assign", json=assignment).json()
    released = http.post("/c1/release", json={"reserveId": "reservation-1"}).json()

    assert [imported[count] for count in ("rows", "inserted", "duplicates", "blank")] == [5, 3, 1, 1]
    assert again == held
    assert [one["code"] for one in assigned["assigned"]] == [given]
    assert released == {"released": 1, "rejected": []}
    counts = http.get("/c1/codes/count").json()["total"]
    assert counts == {"available": 2, "reserved": 0, "assigned": 1, "total": 3}
    story = http.get("/c1/codes/history", params={"code": back}).json()["history"]
    assert [one["event"] for one in story] == ["imported", "reserved", "released"]
    listed = http.get("/c1/codes", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert listed[-1] == '{"end":true,"count":3}'


def test_what_is_wrong_with_files_in_s3_is_told_as_with_any_others(http: httpx2.Client, bucket: Any) -> None:
    bucket.put_object(Bucket=BUCKET, Key="codes/c1/tm/bad.csv", Body=b"A1\n\xff\n")

    missing = http.post("/c1/codes", json={"key": "codes/c1/tm/none.csv"})
    unreadable = http.post("/c1/codes", json={"key": "codes/c1/tm/bad.csv"})

    assert_problem(missing, 404, "codes.file_not_found")
    assert assert_problem(unreadable, 422, "codes.file_unreadable")["line"] == 2


def test_a_bucket_that_does_not_exist_is_told_by_readyz(settings: dict[str, str]) -> None:
    with service(settings | {"FANGATE_OBJECTS": "s3://no-such-bucket"}) as running:
        ready = httpx2.get(f"{running.url}/readyz", timeout=60, verify=NO_TLS)

        assert (ready.status_code, ready.json()["parts"]) == (503, {"store": "up", "objects": "down"})


def test_an_import_that_is_stopped_half_way_is_seen_as_failed(settings: dict[str, str], bucket: Any) -> None:
    body = "".join(f"CODE-{number}\n" for number in range(1_500_000)).encode()
    bucket.put_object(Bucket=BUCKET, Key="codes/c1/tm/big.csv", Body=body)
    with service(settings) as running, staff(running) as http:
        begun = http.post("/c1/codes", json={"key": "codes/c1/tm/big.csv"}, headers={"Prefer": "respond-async"})
        where = begun.headers["location"]
        eventually(lambda: http.get("/c1/codes/count").json()["total"]["total"], lambda total: total > 0)
        assert running.stop() == 0

    with service(settings) as running, staff(running) as http:
        run = http.get(where).json()
        assert (run["status"], run["failure"]) == ("failed", "codes.import_interrupted")
        assert http.get("/c1/codes/count").json()["total"]["total"] >= run["inserted"]


def test_while_the_database_is_away_the_service_lives_and_says_so() -> None:
    if packaged_mongod() is None:
        backends.unavailable("a mongod that can be killed")
    with replica_set() as nodes:
        url = nodes.url("fangate") + "&serverSelectionTimeoutMS=500"
        with service({"FANGATE_STORE": url, "FANGATE_OBJECTS": "memory:"}) as running, staff(running) as http:
            assert http.get("/readyz").json()["parts"] == {"store": "up", "objects": "up"}
            nodes.nodes[0].kill()

            ready = http.get("/readyz")
            assert (ready.status_code, ready.json()["parts"]) == (503, {"store": "down", "objects": "up"})
            assert http.get("/livez").status_code == 200
            refused = http.get("/c1/codes/count")
            assert assert_problem(refused, 503, "service.unavailable")["part"] == "store"
            assert int(refused.headers["retry-after"]) > 0

            # Once the store is known to be away the driver is not asked any more, so nothing waits for it.
            eventually(
                lambda: last_failure(running, http.get("/c1/codes/count")), lambda error: error == "Unavailable"
            )
            assert '"store.lost"' in running.logged()
            nodes.nodes[0].start()
            eventually(lambda: http.get("/readyz").status_code, lambda status: status == 200)
            assert http.get("/c1/codes/count").status_code == 200


def last_failure(running: Service, refused: httpx2.Response) -> str:
    """The kind of the error that the log names for this answer."""
    lines = [json.loads(line) for line in running.logged().splitlines() if '"http.failed"' in line]
    kinds: dict[str, str] = {line["request_id"]: line["error"] for line in lines}
    return kinds.get(refused.headers["x-request-id"], "")


def test_a_database_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/fangate?serverSelectionTimeoutMS=300"
    with service({"FANGATE_STORE": url, "FANGATE_OBJECTS": f"file:{tmp_path}"}) as running:
        assert httpx2.get(f"{running.url}/livez", verify=NO_TLS).status_code == 200
        ready = httpx2.get(f"{running.url}/readyz", timeout=30, verify=NO_TLS)
        assert (ready.status_code, ready.json()["parts"]) == (503, {"store": "down", "objects": "up"})


def test_an_unforeseen_error_is_a_500_that_tells_nothing(database_url: str, tmp_path: Path) -> None:
    """Something wrote what is no import where the imports are kept."""
    secret = "SECRET-CODE-1"
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(database_url) as client:
        imports: Any = client.get_default_database()["imports"]
        imports.insert_one({"_id": "odd", "campaignId": "c1", "key": secret})
    settings = {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": f"file:{tmp_path}"}
    with service(settings) as running:
        headers = bearer() | {"X-Request-Id": "find-me"}
        answer = httpx2.get(f"{running.url}/c1/codes/imports/odd", headers=headers, timeout=60, verify=NO_TLS)
        log = eventually(running.logged, lambda log: '"status":500' in log)
    with pymongo.MongoClient(database_url) as client:  # What is stored after a test must be as declared.
        client.get_default_database()["imports"].delete_one({"_id": "odd"})

    problem = assert_problem(answer, 500, "service.internal")
    assert problem["requestId"] == "find-me"
    assert set(problem) == {"type", "title", "status", "detail", "code", "requestId"}
    (failed,) = [json.loads(line) for line in log.splitlines() if '"http.failed"' in line]
    assert failed["request_id"] == "find-me"
    assert failed["error"] == "ValidationError"
    assert any("adapters/mongo" in place for place in failed["at"])
    assert "Traceback" not in log
    assert secret not in log
