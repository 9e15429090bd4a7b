"""The primary of three dies in the middle of an import and of reservations: nothing acknowledged is lost."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import pymongo
import pytest
from pymongo.synchronous.collection import Collection

from tests.support.servers.backends import unavailable
from tests.support.servers.mongod import ReplicaSet, packaged_mongod, replica_set
from tests.support.servers.service import service
from tests.system.codes.callers import Body, calling, count, import_at_last, import_file, insist, write_file

FIRST_FILE: Final = 5_000
FILE: Final = 60_000
CALLERS: Final = 16
RESERVATIONS: Final = 50
"""Acknowledged before the primary dies, and again after."""
PAUSE_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 120.0


@pytest.fixture
def three_nodes() -> Iterator[ReplicaSet]:
    if packaged_mongod() is None:
        unavailable("three MongoDB nodes that may be killed: use Linux on x86-64")
    with replica_set(3) as nodes:
        yield nodes


async def test_a_primary_dies_and_nothing_acknowledged_is_lost(three_nodes: ReplicaSet, tmp_path: Path) -> None:
    first = [f"FIRST-{number:05}" for number in range(FIRST_FILE)]
    second = [f"SECOND-{number:05}" for number in range(FILE)]
    url = three_nodes.url("failover")
    with service({"FANGATE_STORE": url, "FANGATE_OBJECTS": f"file:{tmp_path}"}) as running:
        async with calling(running.url) as client:
            await import_file(client, write_file(tmp_path, first, "first.csv"))
            key = write_file(tmp_path, second, "second.csv")
            async with _reserving(client) as told:
                await _until_told(told, RESERVATIONS)
                importing = asyncio.create_task(import_at_last(client, key))
                await asyncio.to_thread(_wait_for_codes, url, FIRST_FILE + FILE // 6)
                assert not importing.done()
                primary = await asyncio.to_thread(three_nodes.primary)
                primary.kill()
                summary = await importing
                await _until_told(told, len(told) + RESERVATIONS)
            counts = await count(client)
    stored = await asyncio.to_thread(_holders, url)

    assert summary["inserted"] + summary["duplicates"] == FILE
    assert sorted(stored) == sorted(first + second)
    given = [(code, reservation["reserveId"]) for reservation in told for code in reservation["codes"]]
    assert len({code for code, _ in given}) == len(given)
    assert [(code, holder) for code, holder in given if stored[code] != holder] == []
    reserved, total = len(given), FIRST_FILE + FILE
    assert counts == {"available": total - reserved, "reserved": reserved, "assigned": 0, "total": total}


@asynccontextmanager
async def _reserving(client: httpx2.AsyncClient) -> AsyncIterator[list[Body]]:
    """Callers who reserve all the while, and give up on nothing; what they were told so far."""
    told: list[Body] = []
    enough = asyncio.Event()

    async def call(dice: random.Random) -> None:
        while not enough.is_set():
            told.append(await insist(client, dice.randint(1, 3)))
            await asyncio.sleep(PAUSE_SECONDS)

    async with asyncio.TaskGroup() as callers:
        for seed in range(CALLERS):
            callers.create_task(call(random.Random(seed)))
        yield told
        enough.set()


async def _until_told(told: list[Body], number: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(told) < number:
        assert time.monotonic() < deadline, "the callers are not served"
        await asyncio.sleep(PAUSE_SECONDS)


def _wait_for_codes(url: str, number: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(url) as client:
        codes: Collection[dict[str, Any]] = client.get_default_database()["codes"]
        while codes.estimated_document_count() < number:
            assert time.monotonic() < deadline, "the import does not move"
            time.sleep(0.02)


def _holders(url: str) -> dict[str, str | None]:
    """Every code that is stored, with the reservation that holds it."""
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(url) as client:
        codes: Collection[dict[str, Any]] = client.get_default_database()["codes"]
        documents = codes.find({}, {"code": 1, "hold.reserveId": 1})
        return {document["code"]: document.get("hold", {}).get("reserveId") for document in documents}
