"""The floor of a request in this stack: the bare application, which also gives MongoDB what the rules need.

It is what remains when a service checks, decides, renders and records nothing. Callers at the same time share
commands, as those of the service do. Run as a program it reads from standard input, as JSON, what it is to do.
"""

import asyncio
import itertools
import json
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.audit.documents import AuditDocument
from adapters.mongo.codes.documents import CodeDocument
from adapters.mongo.driver import Raw, close, open_client
from adapters.mongo.entries.documents import EntryDocument
from adapters.mongo.entries.mapping import ENTRY_FIELDS
from adapters.mongo.keys import document_of, key, with_campaign_keys
from adapters.mongo.lookups import Lookups, as_stored
from adapters.mongo.store import CONNECTION
from adapters.mongo.writes import Writes
from tests.bench import load
from tests.bench.bare_app import answering, run_app, started
from tests.bench.crowds import READERS, fan
from tests.support.servers.service import Service

Work = Callable[[], Awaitable[object]]


@contextmanager
def storing(running: Service, request: bytes, kind: str, url: str, campaign: str) -> Iterator[tuple[str, int]]:
    """Serves what the service answers to this request, after work of this kind. The URL and the process."""
    given = {"answer": load.answer_to(running.url, request), "kind": kind, "url": url, "campaign": campaign}
    with started("tests.bench.bare_storing", given) as bare:
        yield bare


def _reading(database: AsyncDatabase[Raw], campaign: str) -> Work:
    entries = database[EntryDocument.Settings.name]
    lookups = Lookups(entries, ENTRY_FIELDS, convert=as_stored, filter_for=with_campaign_keys)
    numbers = itertools.cycle(range(READERS))
    return lambda: lookups.get(key(campaign, fan(next(numbers))))


def _reserving(database: AsyncDatabase[Raw], campaign: str) -> Work:
    """Codes are found by one query for many of them; each is taken by compare-and-set, and has a row of its own in
    the audit log."""
    codes = database[CodeDocument.Settings.name]
    taking, rows = Writes(codes), Writes(database[AuditDocument.Settings.name], at_once=1)
    free = codes.find({"campaignId": campaign}, {"code": 1}, sort=[("_id", 1)], batch_size=500)
    finding = asyncio.Lock()

    async def code() -> str:
        async with finding:
            found = await anext(free)
        return str(found["code"])

    async def reserve() -> None:
        now, reservation = datetime.now(UTC), secrets.token_hex(16)
        wanted = document_of(campaign, await code()) | {"version": 0}
        await taking.refused_by(UpdateOne(wanted, _held(reservation, now)))
        await rows.refused_by(InsertOne(_row(campaign, reservation, now)))

    return reserve


def _held(reservation: str, now: datetime) -> Raw:
    hold = {"reserveId": reservation, "ordinal": 0, "count": 1, "reservedAt": now, "open": True}
    line = {"event": "reserved", "at": now, "by": "staff", "reserveId": reservation, "write": "0"}
    return {
        "$set": {"status": "reserved", "hold": hold | {"expiresAt": now + timedelta(hours=24)}},
        "$inc": {"version": 1},
        "$push": {"transitions": line},
    }


def _row(campaign: str, reservation: str, now: datetime) -> Raw:
    return {
        "_id": secrets.token_hex(16),
        "at": now,
        "by": "staff",
        "operation": "reserveCodes",
        "campaignId": campaign,
        "requestId": secrets.token_hex(16),
        "asked": {"type": "tm", "count": 1},
        "outcome": {"result": "done", "reserveId": reservation, "reserved": 1},
    }


KINDS: Final[Mapping[str, Callable[[AsyncDatabase[Raw], str], Work]]] = {
    "read": _reading,
    "reserve": _reserving,
}


def _app(given: Mapping[str, Any]) -> Any:
    answer = answering(given["answer"])
    state: dict[str, Work] = {}

    @asynccontextmanager
    async def opened() -> Any:
        client = open_client(given["url"], **CONNECTION)
        state["work"] = KINDS[given["kind"]](client.get_default_database(), given["campaign"])
        yield
        await close(client)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await state["work"]()
            await answer(scope, receive, send)
            return
        await receive()
        async with opened():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    return app


if __name__ == "__main__":
    run_app(_app(json.load(sys.stdin)), lifespan="on")
