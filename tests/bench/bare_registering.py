"""The ceiling of registering: a bare asyncio program that asks the neighbours the same questions with aiohttp, and
gives MongoDB the least commands that the rules need.

It has no HTTP server, no tokens, no checks, no events of its own, no batches, and no answer to a race. Run as a
program it plays fans who register and then change their markets, and prints what it measured.
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import uvloop
from pymongo import AsyncMongoClient, WriteConcern

from adapters.mongo.entries.choices import CHOICE, choice_of
from adapters.mongo.entries.documents import EntryDocument
from adapters.mongo.entries.mapping import new_document
from adapters.mongo.phones.documents import FanBudgetDocument, PhoneRecordDocument, SendLogDocument
from adapters.mongo.rate_limits import RateLimitDocument
from adapters.mongo.store import CONNECTION
from domain.model.ids import UserId, new_id
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import EntryEvent, Verification
from domain.model.registrations.phones import PhoneNumber
from tests.bench.crowds import confirmed, fan
from tests.bench.load import Load
from tests.bench.neighbours import MARKETS
from tests.bench.spending import Spent
from tests.support.paths import ROOT

Raw = dict[str, Any]
INTERVAL_MS = 100
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    seconds: float
    milliseconds: list[float]
    """Of each request."""
    cpu: float
    """Seconds of the processor that this program took."""

    @property
    def requests(self) -> int:
        return len(self.milliseconds)

    def spent(self, *, stored: float) -> Spent:
        """As the service's. ``stored``: the seconds that mongod took."""
        load = Load(seconds=self.seconds, milliseconds=self.milliseconds, statuses={"200": self.requests}, cpu=0)
        return Spent(load=load, served=self.cpu / self.requests * 1e6, stored=stored / self.requests * 1e6)


def measure(url: str, campaign: str, settings: Mapping[str, str], *, callers: int, seconds: float) -> Floor:
    """In a process of its own. ``settings``: those of the service, which point to the neighbours."""
    neighbours = {name: settings[f"FANGATE_{name}"] for name in ("USERS", "FRAUD", "FANSCORE", "SMS")}
    given = json.dumps({"neighbours": neighbours, "callers": callers, "seconds": seconds})
    command = [sys.executable, "-m", "tests.bench.bare_registering", url, campaign, given]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=seconds + 60)
    return Floor(**json.loads(done.stdout))


class _Fans:
    """Plays one fan after the other."""

    def __init__(
        self, database: Any, session: aiohttp.ClientSession, campaign: str, urls: Mapping[str, str]
    ) -> None:
        unsafe = WriteConcern(w=1, j=False)
        self._limits = database[RateLimitDocument.Settings.name].with_options(write_concern=unsafe)
        self._entries = database[EntryDocument.Settings.name]
        self._failures = database[PhoneRecordDocument.Settings.name]
        self._budgets = database[FanBudgetDocument.Settings.name]
        self._sends = database[SendLogDocument.Settings.name]
        self._session = session
        self._campaign = campaign
        self._urls = urls
        self._template = _template(campaign)
        self.milliseconds: list[float] = []

    async def play(self, number: int) -> None:
        """Two requests."""
        user, phone = fan(number), f"+1313{2_000_000 + number}"
        for request in (self._register, self._change):
            began = time.perf_counter()
            await request(user, phone, datetime.now(UTC))
            self.milliseconds.append((time.perf_counter() - began) * 1_000)

    async def _register(self, user: str, phone: str, now: datetime) -> None:
        await self._begin(user, phone, now)
        await self._budgets.update_one(
            {"_id": user, "version": 0},
            {"$set": {"numbers": [], "sends": [], "exhausted": [], "touchedAt": now}, "$inc": {"version": 1}},
            upsert=True,
        )
        await self._assess(user, phone)
        await self._entries.insert_one(
            self._template | {"_id": f"{self._campaign}/{user}", "userId": user, "phone": phone}
        )
        await self._budgets.update_one({"_id": user, "version": 1}, {"$set": {"sends": [{"at": now}]}})
        await self._sends.update_one(
            {"_id": _digest(phone), "version": 0}, {"$set": {"sent": [now]}, "$inc": {"version": 1}}, upsert=True
        )
        await self._post("SMS", "", {"to": phone, "body": "123456 is your code."})

    async def _change(self, user: str, phone: str, now: datetime) -> None:
        await self._begin(user, phone, now)
        await self._assess(user, phone)
        await self._entries.update_one(
            {"_id": f"{self._campaign}/{user}", "version": self._template["version"]},
            {
                "$set": {"markets": MARKETS[1:], CHOICE: choice_of(MARKETS[1:]), "updatedAt": now},
                "$inc": {"version": 1, "revision": 1},
                "$push": {"outbox": {"$each": self._template["outbox"]}},
            },
        )

    async def _begin(self, user: str, phone: str, now: datetime) -> None:
        """Count the call; read the account, the entry with the number's owner, and the failures of the number."""
        await self._limits.update_one(
            {"_id": _digest(user), "fullAt": {"$not": {"$gt": now + MINUTE}}},
            [{"$set": {"fullAt": {"$add": [{"$max": ["$fullAt", now]}, INTERVAL_MS]}}}],
            upsert=True,
        )
        confirmed = {"campaignId": self._campaign, "status": "confirmed"}
        asked = {"$or": [{"_id": f"{self._campaign}/{user}"}, confirmed | {"phoneKey": phone}]}
        await asyncio.gather(
            self._get("USERS", f"/users/{user}"),
            self._entries.find(asked).to_list(None),
            self._failures.find_one({"_id": f"{self._campaign}/{_digest(phone)}"}),
        )

    async def _assess(self, user: str, phone: str) -> None:
        question = {"campaignId": self._campaign, "userId": user, "phone": phone, "event": "create"}
        await asyncio.gather(
            self._post("FRAUD", "/assess", question),
            self._get("FANSCORE", f"/users/{user}/fanscore?campaignId={self._campaign}"),
        )

    async def _get(self, neighbour: str, path: str) -> None:
        async with self._session.get(self._urls[neighbour] + path) as answer:
            json.loads(await answer.read())

    async def _post(self, neighbour: str, path: str, body: object) -> None:
        async with self._session.post(self._urls[neighbour] + path, json=body) as answer:
            await answer.read()


def _template(campaign: str) -> Raw:
    """An entry that waits for its code, with its event, as the service stores it."""
    entry = confirmed(campaign, 0)
    challenge = Challenge.open(
        entry.campaign_id,
        UserId("fan"),
        PhoneNumber("+13132000000"),
        code="123456",
        key=b"k" * 32,
        expires_at=entry.updated_at,
    )
    waiting = Verification(challenge=challenge, sends=1, resend_after=entry.updated_at)
    pending = replace(entry, phone_confirmed_at=None, verification=waiting, id=new_id())
    return new_document(pending.with_event(EntryEvent.CREATED, entry.updated_at))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def _play(url: str, campaign: str, given: Raw) -> Floor:
    callers, until = given["callers"], time.perf_counter() + given["seconds"]
    numbers = itertools.count()
    connector = aiohttp.TCPConnector(limit=4 * callers)
    client: AsyncMongoClient[Raw] = AsyncMongoClient(url, **CONNECTION)
    async with client, aiohttp.ClientSession(connector=connector) as session:
        fans = _Fans(client.get_default_database(), session, campaign, given["neighbours"])

        async def call() -> None:
            while time.perf_counter() < until:
                await fans.play(next(numbers))

        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(call() for _ in range(callers)))
        spent = time.perf_counter() - began, time.process_time() - cpu
        return Floor(seconds=spent[0], milliseconds=fans.milliseconds, cpu=spent[1])


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("url", "campaign", "given"):
        parser.add_argument(name)
    arguments = parser.parse_args()
    floor = uvloop.run(_play(arguments.url, arguments.campaign, json.loads(arguments.given)))
    json.dump(asdict(floor), sys.stdout)


if __name__ == "__main__":
    main()
