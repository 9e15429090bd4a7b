"""Opening a MongoDB database: the connection, its promises, its indexes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypedDict

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.audit.audit_log import MongoAuditLog
from adapters.mongo.audit.documents import AuditDocument
from adapters.mongo.availability import Reach
from adapters.mongo.codes.callers import CodeCallers
from adapters.mongo.codes.catalogue import MongoCodeCatalogue
from adapters.mongo.codes.claims.batcher import ClaimBatcher
from adapters.mongo.codes.claims.pool_lock import PoolLock
from adapters.mongo.codes.collection import CodeCollection
from adapters.mongo.codes.documents import (
    CodeDocument,
    PoolLockDocument,
)
from adapters.mongo.codes.imports import MongoImportLog
from adapters.mongo.codes.pool import MongoCodePool
from adapters.mongo.draws.candidates import MongoCandidates
from adapters.mongo.draws.documents import DrawChunkDocument, DrawDocument
from adapters.mongo.draws.draws import MongoDraws
from adapters.mongo.draws.lists import MongoDrawLists
from adapters.mongo.draws.results import MongoDrawResults
from adapters.mongo.driver import Raw, close, open_client
from adapters.mongo.entries.documents import EntryDocument, ScoringDocument
from adapters.mongo.entries.entry_store import MongoEntryStore
from adapters.mongo.entries.phone_keys import Adopted, PhoneKeys
from adapters.mongo.entries.queries import MongoEntryQueries
from adapters.mongo.entries.scoring import MongoScores
from adapters.mongo.entries.search import MongoEntrySearch
from adapters.mongo.entries.withdrawals import MongoWithdrawals
from adapters.mongo.errors import translated
from adapters.mongo.indexes import Indexes, Migration
from adapters.mongo.leases import LeasesDocument, MongoLeases
from adapters.mongo.outbox.documents import ParkedDocument, PublishedDocument
from adapters.mongo.outbox.outbox import MongoOutbox
from adapters.mongo.outbox.parked_messages import ParkedMessages
from adapters.mongo.phones.budgets import MongoFanBudgets
from adapters.mongo.phones.documents import FanBudgetDocument, PhoneRecordDocument, SendLogDocument
from adapters.mongo.phones.phone_book import MongoPhoneBook
from adapters.mongo.privacy.held import code_callers, personal_data
from adapters.mongo.privacy.reader import MongoPersonReader
from adapters.mongo.rate_limits import MongoRateLimits, RateLimitDocument
from adapters.mongo.schema import name_of
from adapters.mongo.shards import Shards, unfit
from domain.model.errors import Unavailable
from domain.model.privacy.people import Place
from ports.privacy import PersonalData
from ports.system import CurrentRequest, no_request

PING_MS: Final = 2_000

CONNECTION: Final[dict[str, Any]] = {
    # An acknowledged write survives the loss of a primary, and a read never sees one that may not.
    "w": "majority",
    "journal": True,
    "wTimeoutMS": 10_000,
    "readConcernLevel": "majority",
    "retryWrites": True,
    "tz_aware": True,
    "serverSelectionTimeoutMS": 5_000,
    "heartbeatFrequencyMS": 2_000,  # How soon a server that was away is found again.
    "connectTimeoutMS": 2_000,
    "socketTimeoutMS": 30_000,
    "maxPoolSize": 50,
    "waitQueueTimeoutMS": 5_000,
    "appname": "fangate",
}


@dataclass(frozen=True, slots=True)
class MongoStore:
    """Every port that this database fills."""

    database: AsyncDatabase[Raw]
    reach: Reach
    indexes: Indexes
    pool: MongoCodePool
    catalogue: MongoCodeCatalogue
    imports: MongoImportLog
    entries: MongoEntryStore
    entry_queries: MongoEntryQueries
    entry_search: MongoEntrySearch
    scores: MongoScores
    withdrawals: MongoWithdrawals
    phone_book: MongoPhoneBook
    budgets: MongoFanBudgets
    limits: MongoRateLimits
    outbox: MongoOutbox
    phone_keys: PhoneKeys
    code_callers: CodeCallers
    personal_data: Mapping[Place, PersonalData]
    person_reader: MongoPersonReader
    draws: MongoDraws
    draw_lists: MongoDrawLists
    draw_results: MongoDrawResults
    candidates: MongoCandidates
    leases: MongoLeases
    audit: MongoAuditLog

    @property
    def name(self) -> str:
        return "store"

    def away(self) -> bool:
        return self.reach.away()

    @translated
    async def lacking(self) -> Sequence[str]:
        return await self.indexes.lacking()

    @translated
    async def ping(self) -> None:
        """Answers, is a replica set or a mongos, and has its indexes. Raises Unavailable."""
        if self.away():
            raise Unavailable("store", reason="no server answers")
        hello = await self.database.client.admin.command("hello", maxTimeMS=PING_MS)
        if reason := unfit(hello):
            raise Unavailable("store", reason=reason)
        await self.indexes.check()

    @translated
    async def prepare(self) -> None:
        """Build the indexes of collections that do not exist yet. Raises Unavailable if ``migrate`` is needed."""
        await self.indexes.prepare()

    @translated
    async def migrate(self) -> Migration:
        """Build the indexes that are missing, shard, and adapt what an earlier release stored."""
        migration = await self.indexes.migrate()
        sharding = await Shards(self.database).migrate()
        await self.outbox.adopt()
        await self.code_callers.adopt()
        differing = [*migration.differing, *sharding.differing]
        return replace(migration, sharded=sharding.sharded, differing=differing)

    @translated
    async def adopt_phones(self) -> Adopted:
        """Give telephones keys where they have none, or another's, and entries ballots; after ``migrate``."""
        return await self.phone_keys.adopt()


@asynccontextmanager
async def mongo_store(
    url: str, *, request: CurrentRequest = no_request, digest_key: bytes = b""
) -> AsyncIterator[MongoStore]:
    """Connect for as long as the block lasts; the server may be away. The URL's options win over CONNECTION.

    ``digest_key``: the key of all digests of numbers and callers, the same for all processes.
    """
    client = open_client(url, **_options(url))
    try:
        yield _store_in(client.get_default_database(), Reach(client), request, digest_key)
    finally:
        await close(client)


def _store_in(
    database: AsyncDatabase[Raw], reach: Reach, request: CurrentRequest, digest_key: bytes
) -> MongoStore:
    codes = CodeCollection(database[name_of(CodeDocument)])
    entries = database[name_of(EntryDocument)]
    entry_store = MongoEntryStore(entries, request)
    phone_keys = PhoneKeys(entries)
    scoring = database[name_of(ScoringDocument)]
    parked = ParkedMessages(entries, database[name_of(ParkedDocument)])
    withdrawals = MongoWithdrawals(entries, scoring, parked, request)
    limits = MongoRateLimits(database[name_of(RateLimitDocument)], digest_key)
    callers = code_callers(database)
    audit = MongoAuditLog(database[name_of(AuditDocument)], callers)
    return MongoStore(
        database=database,
        reach=reach,
        indexes=Indexes(database, phone_keys.release_doubles),
        pool=MongoCodePool(codes, ClaimBatcher(codes, PoolLock(database[name_of(PoolLockDocument)]))),
        catalogue=MongoCodeCatalogue(database, codes),
        imports=MongoImportLog(database),
        entries=entry_store,
        entry_queries=MongoEntryQueries(database, entries),
        entry_search=MongoEntrySearch(entries),
        scores=MongoScores(entries, scoring, entry_store),
        withdrawals=withdrawals,
        phone_book=MongoPhoneBook(
            database[name_of(SendLogDocument)], database[name_of(PhoneRecordDocument)], digest_key
        ),
        budgets=MongoFanBudgets(database[name_of(FanBudgetDocument)]),
        limits=limits,
        outbox=MongoOutbox(entries, database[name_of(PublishedDocument)], parked),
        phone_keys=phone_keys,
        code_callers=callers,
        personal_data=personal_data(database, withdrawals, parked, limits, audit=audit, callers=callers),
        person_reader=MongoPersonReader(entries, scoring, codes.raw),
        **_draw_stores(database),
        leases=MongoLeases(database[name_of(LeasesDocument)]),
        audit=audit,
    )


class _DrawStores(TypedDict):
    draws: MongoDraws
    draw_lists: MongoDrawLists
    draw_results: MongoDrawResults
    candidates: MongoCandidates


def _draw_stores(database: AsyncDatabase[Raw]) -> _DrawStores:
    draws, chunks = database[name_of(DrawDocument)], database[name_of(DrawChunkDocument)]
    return _DrawStores(
        draws=MongoDraws(draws),
        draw_lists=MongoDrawLists(chunks, draws),
        draw_results=MongoDrawResults(chunks),
        candidates=MongoCandidates(database[name_of(EntryDocument)]),
    )


def _options(url: str) -> dict[str, Any]:
    query = url.partition("?")[2].lower()
    chosen = {option.partition("=")[0] for option in query.split("&")}
    return {name: value for name, value in CONNECTION.items() if name.lower() not in chosen}
