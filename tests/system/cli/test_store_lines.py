"""What keeps a command from its store is one plain line that names the variable and the reason."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pymongo
import pytest

from tests.support.commands import fangate
from tests.support.servers.ports import free_port
from tests.support.servers.service import service
from tests.support.servers.worker import worker
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

PASSWORD = "open-sesame-1"

Store = Callable[[str], str]

STORES: dict[str, tuple[Store, str]] = {
    "down": (lambda _: f"mongodb://127.0.0.1:{free_port()}/x", "no server answers"),
    "no such host": (lambda _: "mongodb://no-such-host.invalid/x", "no server answers"),
    "another replica set": (
        lambda url: url.replace("replicaSet=rs0", "replicaSet=rs9"),
        "rs9",
    ),
    "a wrong password": (
        lambda url: url.replace("mongodb://", f"mongodb://ann:{PASSWORD}@") + "&authSource=admin",
        "the user or the password is refused",
    ),
}


@pytest.fixture(params=STORES)
def unfit(request: pytest.FixtureRequest, database_url: str) -> tuple[str, str]:
    """A store that cannot be used, and the reason."""
    store, reason = STORES[request.param]
    url = store(database_url)
    return f"{url}{'&' if '?' in url else '?'}serverSelectionTimeoutMS=300", reason


@pytest.mark.parametrize(
    "command",
    [("migrate",), ("events", "parked"), ("events", "retry", "--all"), ("codes", "import", "codes.csv")],
    ids=" ".join,
)
def test_a_command_ends_with_one_line(command: tuple[str, ...], unfit: tuple[str, str], tmp_path: Path) -> None:
    url, reason = unfit
    (tmp_path / "codes.csv").write_text("A1\n")
    where = ("--campaign", "c1", "--type", "tm") if command[0] == "codes" else ()

    outcome = fangate(*command, *where, settings={"FANGATE_STORE": url}, folder=tmp_path)

    assert outcome.returncode == 1
    lines = [line for line in outcome.stderr.splitlines() if not line.startswith("codes.csv")]  # The progress bar.
    assert len(lines) == 1
    assert "FANGATE_STORE: " in lines[0]
    assert reason in lines[0]
    assert PASSWORD not in outcome.stderr


def test_the_service_and_the_worker_say_it_and_wait(unfit: tuple[str, str]) -> None:
    url, reason = unfit
    settings = {"FANGATE_STORE": url}
    with service(settings) as serving, worker(settings) as working:
        for process in (serving, working):
            text = eventually(process.logged, lambda text: '"store.not_prepared"' in text)
            assert reason in text
            assert '"FANGATE_STORE"' in text
        eventually(working.logged, lambda text: '"worker.hindered"' in text)
        assert [process.process.poll() for process in (serving, working)] == [None, None]
        everything = serving.logged() + working.logged()
    assert "Traceback" not in everything
    assert PASSWORD not in everything


@pytest.fixture
def drifted(database_url: str) -> str:
    """A store with an index that has a declared name and other keys."""
    assert fangate("migrate", settings={"FANGATE_STORE": database_url}).returncode == 0
    with pymongo.MongoClient[dict[str, object]](database_url) as client:
        codes = client.get_default_database()["codes"]
        codes.drop_index("pool")
        codes.create_index([("slot", 1)], name="pool")
    return database_url


def test_migrate_tells_what_differs_and_how_to_mend_it(drifted: str) -> None:
    settings = {"FANGATE_STORE": drifted}

    outcome = fangate("migrate", settings=settings)

    assert outcome.returncode == 1
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("fangate: FANGATE_STORE: index pool of codes differs")
    assert '{"slot": 1}' in line
    assert 'db.codes.dropIndex("pool")' in line

    with pymongo.MongoClient[dict[str, object]](drifted) as client:  # As the line says.
        client.get_default_database()["codes"].drop_index("pool")
    mended = fangate("migrate", settings=settings)
    assert (mended.returncode, mended.stdout) == (0, "built 1: index pool\n")


def test_a_service_whose_store_has_drifted_is_not_ready_and_says_why(drifted: str, tmp_path: Path) -> None:
    with service({"FANGATE_STORE": drifted, "FANGATE_OBJECTS": f"file:{tmp_path}"}) as running:
        ready = httpx2.get(f"{running.url}/readyz", timeout=30, verify=NO_TLS)
        log = running.logged()

    assert (ready.status_code, ready.json()["parts"]) == (503, {"store": "down", "objects": "up"})
    assert "index pool of codes differs" not in ready.text
    (started,) = [line for line in log.splitlines() if '"store.not_prepared"' in line]
    assert "index pool of codes differs" in started
    assert '"FANGATE_STORE"' in started
