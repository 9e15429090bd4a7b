"""SIGKILL, at the worst moments: in the middle of an import, and between claiming codes and answering."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import pymongo
import pytest
from pymongo.synchronous.collection import Collection

from adapters.mongo.codes.collection import CodeCollection
from adapters.mongo.store import mongo_store
from adapters.system.clock import SystemClock
from domain.model.codes.code import Code, CodeType
from domain.model.codes.reservations import Claim
from domain.model.ids import CampaignId, ReserveId, UserId
from tests.support.servers.service import service
from tests.system.codes.callers import CAMPAIGN, Body, ask, calling, count, import_file, write_file
from tests.system.codes.tap import tap

FILE: Final = 60_000
POOL: Final = 20
PATIENCE_SECONDS: Final = 60.0
MINE: Final = "a-reservation-of-mine"

Codes = Collection[dict[str, Any]]


@pytest.fixture
def stored(database_url: str) -> Iterator[Codes]:
    """The codes as they lie in the database."""
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(database_url, tz_aware=True) as client:
        yield client.get_default_database()["codes"]


async def test_an_import_that_is_killed_and_repeated_is_complete(
    database_url: str, stored: Codes, tmp_path: Path
) -> None:
    """Every code is there exactly once, and the second summary tells what the first run had stored (REQ-004)."""
    codes = [f"CODE-{number:06}" for number in range(FILE)]
    key = write_file(tmp_path, codes)
    settings = {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": f"file:{tmp_path}"}
    with service(settings) as first:
        async with calling(first.url) as client:
            importing = asyncio.create_task(import_file(client, key))
            await _until(lambda: stored.estimated_document_count() > FILE // 10)
            first.kill()
            with pytest.raises(httpx2.TransportError):
                await importing
    await _until(lambda: _is_idle(stored))
    before = stored.count_documents({})
    assert 0 < before < FILE
    with service(settings) as second:
        async with calling(second.url) as client:
            summary = await import_file(client, key)
            assert (await count(client))["total"] == FILE
    assert (summary["inserted"], summary["duplicates"]) == (FILE - before, before)
    assert summary["status"] == "completed"
    assert [document["code"] for document in stored.find({}, {"code": 1}).sort("code", 1)] == codes


async def test_a_claim_whose_answer_was_lost_is_repeated_under_its_id(
    database_url: str, stored: Codes, tmp_path: Path
) -> None:
    async with _killed_before_it_could_answer(
        database_url, stored, tmp_path, ttl=3_600, reserve_id=MINE
    ) as client:
        held = _held(stored)
        answer = await ask(client, 3, MINE)
        assert answer.status_code == 200
        assert sorted(answer.json()["codes"]) == sorted(held)
        assert _instant(answer.json()["reservedAt"]) == min(hold["reservedAt"] for hold in held.values())
        assert await count(client) == {"available": POOL - 3, "reserved": 3, "assigned": 0, "total": POOL}


async def test_codes_of_an_answer_that_was_lost_come_back_when_the_hold_lapses(
    database_url: str, stored: Codes, tmp_path: Path
) -> None:
    """No caller knows the reserveId, and no sweeper runs: the clock alone frees the codes (REQ-003)."""
    async with _killed_before_it_could_answer(database_url, stored, tmp_path, ttl=3, reserve_id=None) as client:
        held = _held(stored)
        answer = await _all_that_is_there(client)
        assert set(held) < set(answer["codes"])
        assert _instant(answer["reservedAt"]) >= max(hold["expiresAt"] for hold in held.values())
        story = await client.get(f"/{CAMPAIGN}/codes/history", params={"code": min(held)})
        events = [event["event"] for event in story.json()["history"]]
        assert events == ["imported", "reserved", "expired", "reserved"]


async def test_a_claim_that_was_cut_short_is_filled_up(database_url: str, stored: Codes, tmp_path: Path) -> None:
    """Three of five places were taken when the process died; two callers repeat the request at once."""
    settings = {"FANGATE_STORE": database_url, "FANGATE_OBJECTS": f"file:{tmp_path}"}
    with service(settings) as running:
        async with calling(running.url) as client:
            await import_file(client, write_file(tmp_path, _texts()))
            await _take_places(database_url, 0, 2, 4)
            held = _held(stored)
            answers = [
                answer.json() for answer in await asyncio.gather(ask(client, 5, MINE), ask(client, 5, MINE))
            ]
            assert await count(client) == {"available": POOL - 5, "reserved": 5, "assigned": 0, "total": POOL}
    assert answers[0] == answers[1]
    codes = answers[0]["codes"]
    assert len(set(codes)) == 5
    assert {codes[position]: position for position in (0, 2, 4)} == {
        code: hold["ordinal"] for code, hold in held.items()
    }
    assert {_instant(answers[0]["reservedAt"])} == {hold["reservedAt"] for hold in held.values()}


@asynccontextmanager
async def _killed_before_it_could_answer(
    database_url: str, stored: Codes, folder: Path, *, ttl: int, reserve_id: str | None
) -> AsyncIterator[httpx2.AsyncClient]:
    """The claim of three codes reached the database, its acknowledgement was lost, the service was killed.

    Yields a caller of the service that was started after that.
    """
    key = write_file(folder, _texts())
    settings = {"FANGATE_OBJECTS": f"file:{folder}", "FANGATE_RESERVATION_TTL": str(ttl)}
    with tap(_server(stored), last=_takes_codes) as relay:
        through = settings | {"FANGATE_STORE": _through(relay.address, database_url)}
        with service(through) as first:
            async with calling(first.url) as client:
                await import_file(client, key)
                asking = asyncio.create_task(ask(client, 3, reserve_id))
                await _until(lambda: len(_held(stored)) == 3)
                first.kill()
                with pytest.raises(httpx2.TransportError):
                    await asking
    with service(settings | {"FANGATE_STORE": database_url}) as second:
        async with calling(second.url) as client:
            yield client


def _takes_codes(request: bytes) -> bool:
    """An update that makes codes reserved (in BSON, a string ends with a zero byte)."""
    return b"$set\0" in request and b"reserved\0" in request


async def _take_places(database_url: str, *positions: int) -> None:
    """What a claim of five codes leaves behind that took only these places."""
    claim = Claim(
        campaign_id=CampaignId(CAMPAIGN),
        type=CodeType.TM,
        count=5,
        reserve_id=ReserveId(MINE),
        by=UserId("staff"),
        now=SystemClock().now(),
        ttl=timedelta(hours=1),
        chosen_by_caller=True,
    )
    async with mongo_store(database_url) as store:
        codes = CodeCollection(store.database["codes"])
        free = await codes.find({"campaignId": CAMPAIGN, "status": "available"}, limit=len(positions))
        taken = [
            code.reserve(claim.hold(position), claim.now, claim.by)
            for position, code in zip(positions, free, strict=True)
        ]
        lost = await codes.write(
            [(code, held) for code, held in zip(free, taken, strict=True) if isinstance(held, Code)]
        )
        assert lost == []


async def _all_that_is_there(client: httpx2.AsyncClient) -> Body:
    """Reserve the whole pool, as soon as it can be had."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := await ask(client, POOL)).status_code != 200:
        assert answer.json()["code"] == "codes.exhausted"
        assert time.monotonic() < deadline, "the codes did not come back"
        await asyncio.sleep(0.2)
    body: Body = answer.json()
    return body


async def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.02)


def _texts() -> list[str]:
    return [f"CODE-{number:02}" for number in range(POOL)]


def _held(stored: Codes) -> dict[str, Body]:
    """The codes that are stored as reserved, each with its hold."""
    return {document["code"]: document["hold"] for document in stored.find({"status": "reserved"})}


def _is_idle(stored: Codes) -> bool:
    """Has the server finished what the dead process had sent it?"""
    busy: list[Body] = [{"$currentOp": {}}, {"$match": {"ns": stored.full_name, "active": True}}]
    return not list(stored.database.client.admin.aggregate(busy))


def _server(stored: Codes) -> tuple[str, int]:
    client = stored.database.client
    client.admin.command("ping")
    address = client.address
    assert address is not None
    return address[0], address[1] or 27_017


def _through(address: str, database_url: str) -> str:
    """The same database, reached at another address."""
    parts = urlsplit(database_url)
    user, at, _ = parts.netloc.rpartition("@")
    return f"mongodb://{user}{at}{address}{parts.path}?directConnection=true"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
