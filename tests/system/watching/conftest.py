"""A service of two processes and a worker over one database, with a collector of traces, after some work."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import Fan, Scene, a_scene
from tests.support.servers.collector import Collector, collector
from tests.support.servers.service import Service
from tests.support.stored import a_database
from tests.support.without_tls import NO_TLS
from tests.system.watching.worker import worker

FOLLOWED: Final = "follow-me"
"""The id of the request of the registration."""


@dataclass(frozen=True, slots=True)
class Watched:
    scene: Scene
    worker: Service
    collected: Collector
    ann: Fan
    """Registered and confirmed."""
    registration: httpx2.Response

    @property
    def metrics(self) -> str:
        return httpx2.get(f"{self.scene.service.url}/metrics", timeout=60, verify=NO_TLS).text

    @property
    def worker_metrics(self) -> str:
        return httpx2.get(f"{self.worker.url}/metrics", timeout=60, verify=NO_TLS).text


@pytest.fixture(scope="module")
def watched(platform: Platform, mongodb_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The tests look at it, and change nothing that is counted."""
    log = tmp_path_factory.mktemp("watched") / "worker.log"
    with collector() as collected, a_database(mongodb_url) as store:
        settings = platform.settings | collected.settings | {"FANGATE_STORE": store}
        with a_scene(platform, settings, workers=2) as scene, worker(settings, log) as working:
            ann = scene.fan("ann")
            registration = _registered(ann)
            _busy(scene)
            yield Watched(scene, working, collected, ann, registration)


def _registered(fan: Fan) -> httpx2.Response:
    """The answer to the registration, which is confirmed then."""
    body = {"phone": fan.phone, "markets": ["nyc"]}
    registration = fan.scene.ask("POST", "entries", headers=fan.headers | {"X-Request-Id": FOLLOWED}, json=body)
    assert registration.status_code == 201, registration.text
    assert fan.confirm(registration.json()).status_code == 200
    assert fan.confirm(registration.json()).status_code == 200  # No second confirmation.
    return registration


def _busy(scene: Scene) -> None:
    """Four codes in two files, one of them reserved."""
    for line in ("A1\nA2\nA3", "A3\nA4"):
        assert scene.load(line).status_code == 200
    assert scene.post("reserve", {"type": "tm", "count": 1}).status_code == 200
    assert scene.post("reserve", {"type": "tm", "count": 9}).status_code == 409
