"""The service among its neighbours, with a real database, and the people who call it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
import pymongo
from pymongo.synchronous.collection import Collection

from adapters.mongo.entries.mapping import new_document, to_entry
from adapters.mongo.keys import key
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Details, Entry
from domain.model.registrations.markets import Preferences
from domain.model.registrations.phones import PhoneNumber
from tests.support.fresh import new_id, new_phone
from tests.support.registrations import NOON
from tests.support.servers.service import Service, service
from tests.support.spread import Spread
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS
from tests.support.world import World
from tests.system.registrations.witness import Witness

CALLERS: Final = 256
SECONDS: Final = 60.0
LONGEST_PAUSE_MS: Final = 300_000

# A JSON object as the service sends it, or a document as it is stored.
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    world: World
    service: Service
    client: httpx2.AsyncClient
    witness: Witness
    stored: Collection[Body]
    """The entries as they lie in the database."""

    def fan(self, campaign: str, id: str | None = None) -> "Fan":
        return Fan(self, campaign, id or new_id("fan"))

    def fans(self, campaign: str, count: int) -> "list[Fan]":
        return [self.fan(campaign) for _ in range(count)]

    async def post(self, campaign: str, path: str, body: Body) -> httpx2.Response:
        """As staff."""
        return await self.client.post(f"/{campaign}/{path}", json=body, headers=bearer())

    async def posted(self, campaign: str, path: str, body: Body) -> Body:
        return ok(await self.post(campaign, path, body))

    async def got(self, campaign: str, path: str, params: Mapping[str, Any] | None = None) -> Body:
        return ok(await self.client.get(f"/{campaign}/{path}", params=params, headers=bearer()))

    async def score(self, campaign: str, scores: Mapping[str, float]) -> Body:
        records = [{"userId": user, "score": score} for user, score in scores.items()]
        return await self.posted(campaign, "entries/scoring", {"records": records})

    async def select(self, campaign: str, users: Sequence[str], selection: str = "selected") -> Body:
        return await self.posted(campaign, "entries/selection", {"userIds": users, "selection": selection})

    async def transfer(self, campaign: str, source: str, target: str, **more: Any) -> Body:
        return await self.posted(campaign, "entries/transfer", {"from": source, "to": target, **more})

    async def warm_up(self, callers: int) -> None:
        """Connections to all processes, so that what comes next arrives in the same instant."""
        await asyncio.gather(*(self.client.get("/livez", headers=bearer()) for _ in range(callers)))

    def documents(self, campaign: str) -> list[Body]:
        return list(self.stored.find({"campaignId": campaign}).sort("_id", 1))

    def seed(self, campaign: str, rankings: Mapping[UserId, Preferences]) -> None:
        """Fans who have registered and confirmed long ago, with nothing left to be told of them."""
        self.stored.insert_many(
            new_document(
                Entry.register(
                    CampaignId(campaign), user, Details(phone=PhoneNumber(new_phone()), markets=ranked), NOON
                ).confirm(NOON)
            )
            for user, ranked in rankings.items()
        )

    def entries(self, campaign: str) -> list[Entry]:
        return [to_entry(document) for document in self.documents(campaign)]


@dataclass(frozen=True, slots=True)
class Fan:
    stage: Stage
    campaign: str
    id: str

    async def register(self, phone: str, markets: Sequence[str] = ("nyc",), **more: Any) -> httpx2.Response:
        return await self._post("entries", {"phone": phone, "markets": markets, **more})

    async def confirm(self, token: str, code: str) -> httpx2.Response:
        return await self._post("entries/confirm", {"token": token, "code": code})

    async def resend(self) -> httpx2.Response:
        return await self.stage.client.post(self._path("entries/confirm/resend"), headers=self.bearer())

    async def me(self) -> Body:
        return ok(await self.stage.client.get(self._path("entries/me"), headers=self.bearer()))

    async def asked_for_code(self, phone: str, markets: Sequence[str] = ("nyc",)) -> "Asked":
        """Register, and look at the phone."""
        token = ok(await self.register(phone, markets))["confirmation"]["token"]
        return Asked(self, token, self.stage.world.texts.code(phone))

    async def confirmed(self, phone: str, markets: Sequence[str] = ("nyc",)) -> Body:
        """Register and confirm."""
        asked = await self.asked_for_code(phone, markets)
        return ok(await asked.answer())

    def document(self) -> Body:
        document = self.stage.stored.find_one({"_id": self._key})
        assert document is not None, "the fan is registered"
        return document

    def is_stored(self) -> bool:
        return self.stage.stored.find_one({"_id": self._key}) is not None

    def let_the_pause_pass(self) -> None:
        """As if the fan had waited before asking for another code: what the fan was sent is minutes older."""
        over = {"$set": {"verification.resendAfter": datetime.now(UTC)}, "$inc": {"version": 1}}
        self.stage.stored.update_one({"_id": self._key, "verification": {"$ne": None}}, over)
        earlier = {"$subtract": ["$$send.at", LONGEST_PAUSE_MS]}
        sends = {"$map": {"input": "$sends", "as": "send", "in": {"$mergeObjects": ["$$send", {"at": earlier}]}}}
        budgets = self.stage.stored.database["fanBudgets"]
        budgets.update_one({"_id": self.id}, [{"$set": {"sends": sends, "version": {"$add": ["$version", 1]}}}])

    async def _post(self, path: str, body: Body) -> httpx2.Response:
        return await self.stage.client.post(self._path(path), json=body, headers=self.bearer())

    def _path(self, path: str) -> str:
        return f"/{self.campaign}/{path}"

    def bearer(self) -> dict[str, str]:
        return bearer(self.id, supreme=False)

    @property
    def _key(self) -> str:
        return key(self.campaign, self.id)


@dataclass(frozen=True, slots=True)
class Asked:
    """A fan with a code in hand."""

    fan: Fan
    token: str
    code: str

    async def answer(self, code: str | None = None) -> httpx2.Response:
        return await self.fan.confirm(self.token, code or self.code)

    @property
    def wrong(self) -> list[str]:
        """Hundreds of codes that are not the right one."""
        return [guess for number in range(500) if (guess := f"{number:06}") != self.code]


def ok(answer: httpx2.Response) -> Body:
    assert answer.is_success, f"{answer.status_code} {outcome(answer)}"
    body: Body = answer.json()
    return body


def outcome(answer: httpx2.Response) -> str:
    """The status, or what the refusal is called."""
    return str(answer.status_code) if answer.is_success else f"{answer.status_code} {answer.json()['code']}"


@asynccontextmanager
async def a_stage(
    world: World, database_url: str, settings: Mapping[str, str] | None = None, *, services: int = 1
) -> AsyncIterator[Stage]:
    """The service, running, so many times; when it is over, everything that was logged is looked through for
    secrets."""
    witness = Witness(world.texts)
    # These fans ask as fast as they can, all at once, and none is to be refused.
    unlimited = {"FANGATE_RATE_WRITES_PER_MINUTE": "0", "FANGATE_MAX_REQUESTS": str(2 * CALLERS)}
    given = world.settings | {"FANGATE_STORE": database_url} | unlimited | dict(settings or {})
    with ExitStack() as stack:
        running = [stack.enter_context(service(given)) for _ in range(services)]
        mongo: pymongo.MongoClient[Body] = stack.enter_context(pymongo.MongoClient(database_url, tz_aware=True))
        async with _calling(running, witness) as client:
            yield Stage(world, running[0], client, witness, mongo.get_default_database()["entries"])
        for one in running:
            one.stop()
            leaks = witness.leaks_in(one.logged())
            assert not leaks, leaks


def _calling(services: Sequence[Service], witness: Witness) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=CALLERS, max_keepalive_connections=CALLERS)
    urls = [one.url for one in services]
    return httpx2.AsyncClient(
        base_url=urls[0],
        timeout=SECONDS,
        limits=limits,
        event_hooks={"response": [witness.see]},
        verify=NO_TLS,
        transport=Spread(urls, limits=limits) if len(urls) > 1 else None,
    )
