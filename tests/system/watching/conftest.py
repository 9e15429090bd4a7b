"""A service and a worker over one database, with a collector of traces."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.collector import Collector, collector
from tests.support.servers.service import Service
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
def watched(platform: Platform, database_url: str, tmp_path: Path) -> Iterator[Watched]:
    with collector() as collected:
        settings = platform.settings | collected.settings | {"FANGATE_STORE": database_url}
        with (
            a_scene(platform, settings, workers=2) as scene,
            worker(settings, tmp_path / "worker.log") as working,
        ):
            yield Watched(scene, working, collected)
