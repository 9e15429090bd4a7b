"""A service and a worker over one database, with a collector of traces."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.http.entries.scene import Scene
from tests.support.platform import Platform
from tests.support.servers.collector import Collector, collector
from tests.support.servers.neighbours import Reply, neighbour
from tests.support.servers.service import Service, service
from tests.system.watching.worker import worker


@dataclass(frozen=True, slots=True)
class Watched:
    scene: Scene
    worker: Service
    collected: Collector

    @property
    def metrics(self) -> str:
        return httpx2.get(f"{self.scene.service.url}/metrics", timeout=60).text

    @property
    def worker_metrics(self) -> str:
        return httpx2.get(f"{self.worker.url}/metrics", timeout=60).text


@pytest.fixture
def watched(database_url: str, tmp_path: Path) -> Iterator[Watched]:
    with neighbour(lambda _: Reply(202, {})) as gateway, collector() as collected:
        platform = Platform(tmp_path / "platform", gateway)
        platform.folder.mkdir()
        settings = platform.settings | collected.settings | {"FANGATE_STORE": database_url}
        with (
            service(settings, workers=2) as running,
            worker(settings, tmp_path / "worker.log") as working,
            httpx2.Client(base_url=running.url, timeout=60) as http,
        ):
            yield Watched(Scene(running, platform, http).opens(), working, collected)
