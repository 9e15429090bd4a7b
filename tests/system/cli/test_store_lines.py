"""What keeps a command from its store is one plain line that names the variable and the reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.http.codes.scene import eventually
from tests.support.servers.ports import free_port
from tests.support.servers.service import service
from tests.support.servers.worker import worker
from tests.system.cli.commands import fangate

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
