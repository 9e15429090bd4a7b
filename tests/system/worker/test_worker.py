"""``fangate worker``: what has to happen without a request (code-service REQ-003)."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
import pytest

from tests.support.platform import Platform
from tests.support.scene import a_scene
from tests.support.servers import backends
from tests.support.servers.mongod import packaged_mongod, replica_set
from tests.support.servers.starting import Output, Started, start
from tests.support.waiting import eventually


@contextmanager
def worker(store: str, log: Path, *, forked: bool = True) -> Iterator[Started]:
    """The worker as a process."""
    settings = {"FANGATE_STORE": store, "FANGATE_SWEEP_INTERVAL": "0.1", "FANGATE_OBJECTS": "memory:"}
    process = start("worker", settings=settings, output=Output(stdout=log, stderr=log), forked=forked)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def stored(store: str) -> list[tuple[str, list[str]]]:
    """The status and the events of each code, as the database has them."""
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(store) as client:
        codes: list[dict[str, Any]] = client.get_default_database()["codes"].find().sort("_id").to_list()
        return [(code["status"], [one["event"] for one in code["transitions"]]) for code in codes]


@pytest.fixture
def lapsed(database_url: str, platform: Platform) -> str:
    """A database with a hold that lapsed and is still stored as reserved."""
    settings = {"FANGATE_STORE": database_url, "FANGATE_RESERVATION_TTL": "0.1"}
    with a_scene(platform, settings) as scene:
        scene.stock("A1")
        scene.reserve()
        eventually(scene.counts, lambda counts: counts == (1, 0, 0))
    assert stored(database_url) == [("reserved", ["reserved"])]
    return database_url


def test_it_writes_down_once_that_a_hold_has_lapsed_and_stops_in_order(lapsed: str, tmp_path: Path) -> None:
    swept = [("available", ["reserved", "expired"])]
    with worker(lapsed, tmp_path / "1.log") as one, worker(lapsed, tmp_path / "2.log") as another:
        for name in ("1.log", "2.log"):
            eventually((tmp_path / name).read_text, lambda text: "worker.started" in text)
        eventually(lambda: stored(lapsed), lambda codes: codes == swept)
        for process in (one, another):
            process.send_signal(signal.SIGTERM)
        assert [one.wait(timeout=60), another.wait(timeout=60)] == [0, 0]

    assert stored(lapsed) == swept
    logs = [(tmp_path / name).read_text() for name in ("1.log", "2.log")]
    assert all('"event":"worker.stopped"' in log for log in logs)
    assert "".join(logs).count('"event":"reservations.swept"') == 1


def test_it_stops_at_once_on_an_interrupt_too(database_url: str, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with worker(database_url, log, forked=False) as process:
        eventually(log.read_text, lambda text: "worker.started" in text)
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=60) == 0
    assert "Traceback" not in log.read_text()


def test_it_outlives_its_database(tmp_path: Path) -> None:
    if packaged_mongod() is None:
        backends.unavailable("a mongod that can be killed")
    log = tmp_path / "worker.log"
    with replica_set() as nodes, worker(nodes.url("x") + "&serverSelectionTimeoutMS=300", log) as process:
        eventually(log.read_text, lambda text: "worker.started" in text)
        nodes.nodes[0].kill()
        eventually(log.read_text, lambda text: "worker.hindered" in text)
        nodes.nodes[0].start()
        nodes.primary()

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=60) == 0
    assert "Traceback" not in log.read_text()
