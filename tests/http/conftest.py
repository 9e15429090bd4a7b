"""The service as a process, reached over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.codes.scene import Scene, staff
from tests.support.servers.service import Service, service


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("objects")


@pytest.fixture(scope="session")
def running(folder: Path) -> Iterator[Service]:
    """The service over memory, with its files in ``folder``."""
    with service({"FANGATE_OBJECTS": f"file:{folder}"}) as running:
        yield running


@pytest.fixture(scope="session")
def hasty(folder: Path) -> Iterator[Service]:
    """The same, with holds that lapse within half a second."""
    with service({"FANGATE_OBJECTS": f"file:{folder}", "FANGATE_RESERVATION_TTL": "0.5"}) as running:
        yield running


@pytest.fixture
def scene(running: Service, folder: Path) -> Iterator[Scene]:
    with staff(running) as http:
        yield Scene(running, http, folder)


@pytest.fixture
def hasty_scene(hasty: Service, folder: Path) -> Iterator[Scene]:
    with staff(hasty) as http:
        yield Scene(hasty, http, folder)
