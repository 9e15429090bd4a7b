"""Told to stop, the service lets traffic go elsewhere before it stops, and drops nothing."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import a_scene
from tests.support.servers.neighbours import Neighbour, Reply, neighbour
from tests.support.servers.service import Service, service
from tests.support.waiting import eventually
from tests.support.without_tls import NO_TLS

SLOW_SECONDS = 1.2


@pytest.fixture
def slow_gateway() -> Iterator[Neighbour]:
    with neighbour(lambda _: Reply(202, {}, seconds=SLOW_SECONDS)) as gateway:
        yield gateway


def readiness(running: Service) -> httpx2.Response:
    """On a new connection."""
    return httpx2.get(f"{running.url}/readyz", timeout=60, verify=NO_TLS)


@pytest.mark.parametrize("workers", [1, 2])
def test_readiness_fails_first_and_what_is_under_way_is_answered(
    platform: Platform, slow_gateway: Neighbour, database_url: str, workers: int
) -> None:
    settings = {
        "FANGATE_STORE": database_url,
        "FANGATE_SMS": slow_gateway.url,
        "FANGATE_OBJECTS": "memory:",
        "FANGATE_SHUTDOWN_DELAY": "3",
    }
    with (
        a_scene(platform, settings, workers=workers) as scene,
        ThreadPoolExecutor() as pool,
    ):
        assert readiness(scene.service).status_code == 200
        registering = pool.submit(scene.fan("ann").register)
        eventually(lambda: slow_gateway.requests, bool)

        scene.service.process.send_signal(signal.SIGTERM)

        def unready() -> list[httpx2.Response]:
            """As many in a row as there are processes may all have been answered by one of them."""
            return [readiness(scene.service) for _ in range(6 * workers)]

        refused = eventually(unready, lambda seen: {answer.status_code for answer in seen} == {503})
        assert refused[0].json() == {"status": "unready", "parts": {"service": "stopping"}}
        assert scene.fan("bob").register().status_code == 201
        assert registering.result().status_code == 201
        assert scene.service.stop() == 0


def test_without_a_delay_what_is_under_way_is_answered(platform: Platform, slow_gateway: Neighbour) -> None:
    with (
        a_scene(platform, {"FANGATE_SMS": slow_gateway.url}) as scene,
        ThreadPoolExecutor() as pool,
    ):
        registering = pool.submit(scene.fan("ann").register)
        eventually(lambda: slow_gateway.requests, bool)

        assert scene.service.stop() == 0

        assert registering.result().status_code == 201


def test_told_twice_it_does_not_wait(platform: Platform) -> None:
    with service(platform.settings | {"FANGATE_SHUTDOWN_DELAY": "300"}) as running:
        running.process.send_signal(signal.SIGTERM)
        eventually(lambda: readiness(running).status_code, lambda status: status == 503)
        time.sleep(0.1)

        assert running.stop() == 0
