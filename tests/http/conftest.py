"""The service as a process, reached over HTTP, with its neighbours as files and a gateway of the tests' own."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import TIMEOUT_SECONDS, Scene, a_scene, scene_on
from tests.support.servers.service import Service, service
from tests.support.without_tls import NO_TLS

BRIEF = {"RESERVATION_TTL": "0.5", "CONFIRMATION_TTL": "2.5", "PHONE_BLOCK_TTL": "5", "SMS_PER_HOUR": "4"}


@pytest.fixture(scope="session")
def running(platform: Platform) -> Iterator[Service]:
    """The service over memory."""
    with service(platform.settings) as running:
        yield running


@pytest.fixture(scope="session")
def hasty(platform: Platform) -> Iterator[Service]:
    """The same, with holds, codes and blocks that are short-lived, and four messages a number."""
    with service(platform.settings | {f"FANGATE_{name}": value for name, value in BRIEF.items()}) as running:
        yield running


@pytest.fixture(scope="session")
def http(running: Service) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=running.url, timeout=TIMEOUT_SECONDS, verify=NO_TLS) as http:
        yield http


@pytest.fixture
def scene(running: Service, platform: Platform, http: httpx2.Client) -> Iterator[Scene]:
    """An open campaign with four markets that wants phones confirmed."""
    with platform.for_a_while():
        yield Scene(running, platform, http).opens()


@pytest.fixture
def hasty_scene(hasty: Service, platform: Platform) -> Iterator[Scene]:
    with platform.for_a_while(), scene_on(hasty, platform) as scene:
        yield scene


@pytest.fixture
def stored(platform: Platform, database_url: str) -> Iterator[Scene]:
    """The same over MongoDB."""
    with platform.for_a_while(), a_scene(platform, {"FANGATE_STORE": database_url}) as scene:
        yield scene


@pytest.fixture
def scorable(scene: Scene) -> Scene:
    """Two fans who are confirmed, Ann and Bob, and one who is not, Cy."""
    scene.fan("ann").confirmed()
    scene.fan("bob").confirmed()
    scene.fan("cy").registered()
    return scene
