"""One Chromium and one service for all tests of a process."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from playwright.async_api import Browser

from tests.console.browser.sale import Sold, sold
from tests.console.browser.visit import Visitor
from tests.console.office import Inside, Office
from tests.support.platform import Platform
from tests.support.servers.chromium import chromium
from tests.support.servers.neighbours import Reply, Request, neighbour
from tests.support.servers.service import service
from tests.support.without_tls import NO_TLS


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def desk_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The service as a process, over memory, and its API."""
    with neighbour(_answer) as gateway:
        platform = Platform(tmp_path_factory.mktemp("office"), gateway)
        settings = {**platform.settings, "FANGATE_BEACON": gateway.url, "FANGATE_DRAW_NOTICE": "5"}
        with (
            service(settings) as running,
            httpx2.Client(base_url=running.url, timeout=30, verify=NO_TLS) as client,
        ):
            yield Office(client, platform, Inside())  # type: ignore[arg-type]  # it asks as the test client


def _answer(request: Request) -> Reply:
    """Text messages are taken, and no round of the beacon is published."""
    return Reply(404, {}) if "/public/" in request.path else Reply(202, {})


@pytest.fixture(scope="session")
def hostile(desk_office: Office) -> Sold:
    return sold(desk_office)


@pytest.fixture
async def visitor(browser: Browser, desk_office: Office) -> AsyncIterator[Visitor]:
    """Signed in, with a window of an office's laptop."""
    async with Visitor.signed_in(browser, str(desk_office.client.base_url)) as visitor:
        yield visitor
