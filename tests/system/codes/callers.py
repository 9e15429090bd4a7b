"""Callers of the service over HTTP, as persistent as a good client is."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.support.spread import Spread
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

CAMPAIGN: Final = "tour"
CALLERS: Final = 64
PATIENCE_SECONDS: Final = 90.0
PAUSE_SECONDS: Final = 0.2
IMPORT_SECONDS: Final = 150.0

# A JSON object as the service sends it.
Body = dict[str, Any]


@asynccontextmanager
async def calling(*services: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Each request goes to the next of these services."""
    transport = Spread(services, limits=httpx2.Limits(max_connections=2 * CALLERS))
    async with httpx2.AsyncClient(
        base_url=services[0], headers=bearer(), timeout=60, verify=NO_TLS, transport=transport
    ) as client:
        yield client


def write_file(folder: Path, codes: Iterable[str], name: str = "pool.csv") -> str:
    """Put a file where the service looks for uploads of tm codes; its key."""
    key = f"codes/{CAMPAIGN}/tm/{name}"
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{code}\n" for code in codes))
    return key


async def import_file(client: httpx2.AsyncClient, key: str) -> Body:
    answer = await client.post(f"/{CAMPAIGN}/codes", json={"key": key}, timeout=IMPORT_SECONDS)
    assert answer.status_code == 200, answer.text
    body: Body = answer.json()
    return body


async def import_at_last(client: httpx2.AsyncClient, key: str) -> Body:
    """Import, and as long as the service cannot finish it, import again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = await client.post(f"/{CAMPAIGN}/codes", json={"key": key}, timeout=IMPORT_SECONDS)
        if answer.status_code == 200:
            body: Body = answer.json()
            return body
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, "the service did not recover"
        await asyncio.sleep(PAUSE_SECONDS)


async def ask(client: httpx2.AsyncClient, count: int, reserve_id: str | None = None) -> httpx2.Response:
    wanted: Body = {"type": "tm", "count": count}
    if reserve_id is not None:
        wanted["reserveId"] = reserve_id
    return await client.post(f"/{CAMPAIGN}/reserve", json=wanted)


async def insist(client: httpx2.AsyncClient, count: int) -> Body:
    """Reserve, and as long as the service cannot answer, ask again under the same reserveId."""
    reserve_id = uuid.uuid4().hex
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await ask(client, count, reserve_id)
        except httpx2.TransportError:
            pass
        else:
            if answer.status_code == 200:
                body: Body = answer.json()
                return body
            assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, "the service did not recover"
        await asyncio.sleep(PAUSE_SECONDS)


async def count(client: httpx2.AsyncClient) -> Body:
    answer = await client.get(f"/{CAMPAIGN}/codes/count")
    assert answer.status_code == 200, answer.text
    body: Body = answer.json()["types"]["tm"]
    return body
