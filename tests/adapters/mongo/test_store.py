"""What only MongoDB has: indexes, plans and URLs."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pymongo
import pymongo.errors
import pytest
from pymongo.database import Database

from adapters.mongo.indexes import Migration
from adapters.mongo.store import MongoStore, mongo_store
from adapters.mongo.urls import check_url
from domain.model.codes.code import CodeStatus
from domain.model.codes.inventory import CodeFilter
from domain.model.errors import Unavailable
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.relaying import Channel
from tests.contracts.registrations.entry_stores import fan, phone, registered
from tests.support.codes import ANN, DAY, EXTERNAL, MINE, NOON, STAFF, TM, TOUR, a_batch, a_claim, an_import, texts
from tests.support.shard_keys import record_all

Documents = Database[dict[str, Any]]


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[MongoStore]:
    """Connected to an empty database; nothing prepared."""
    async with mongo_store(database_url) as store:
        yield store


@pytest.fixture
def database(database_url: str) -> Iterator[Documents]:
    """The same database, seen by its administrator."""
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(database_url) as client:
        yield client.get_default_database()


def indexes(database: Documents) -> dict[str, dict[str, Any]]:
    found = {name: database[name].index_information() for name in database.list_collection_names()}
    return {f"{name}.{index}": dict(info) for name, each in found.items() for index, info in each.items()}


async def test_an_empty_database_is_prepared(store: MongoStore, database: Documents) -> None:
    await store.prepare()

    assert {"codes.pool", "codes.places", "codes.deadlines"} <= indexes(database).keys()
    await store.ping()


async def test_migrate_builds_what_is_missing_and_nothing_twice(store: MongoStore, database: Documents) -> None:
    built = (await store.migrate()).built
    before = indexes(database)

    assert built
    assert await store.migrate() == Migration()
    assert indexes(database) == before


async def test_migrate_repairs_what_was_dropped(store: MongoStore, database: Documents) -> None:
    await store.prepare()
    await store.pool.add(a_batch(["A"]))
    database["codes"].drop_index("places")

    assert await store.migrate() == Migration(built=["places"])
    await store.ping()


async def test_a_database_with_data_and_without_indexes_is_not_ready(
    store: MongoStore, database: Documents
) -> None:
    """Building indexes over millions of codes is an operator's decision: ``fangate migrate``."""
    await store.prepare()
    await store.pool.add(a_batch(["A"]))
    database["codes"].drop_indexes()

    with pytest.raises(Unavailable):
        await store.ping()

    assert not indexes(database).keys() & {"codes.pool", "codes.places"}
    await store.migrate()
    await store.ping()


async def test_a_database_that_comes_back_empty_is_prepared_by_the_next_ping(
    store: MongoStore, database: Documents
) -> None:
    await store.prepare()
    database.client.drop_database(database.name)

    await store.ping()

    assert "codes.places" in indexes(database)


async def test_only_the_intended_collections_have_an_expiry(store: MongoStore, database: Documents) -> None:
    """A TTL index on codes would delete them when their holds lapse, one on parked messages would lose them."""
    await store.prepare()
    await store.pool.add(a_batch(["A"]))

    expiring = [name for name, info in indexes(database).items() if "expireAfterSeconds" in info]
    assert sorted(expiring) == [
        "fanBudgets.budgetForgotten",
        "phoneFailures.failuresForgotten",
        "phoneSends.forgotten",
        "publishedEvents.pruned",
        "rateLimits.full",
    ]


async def test_the_database_itself_keeps_places_and_codes_unique(store: MongoStore, database: Documents) -> None:
    """REQ-005: also against writers other than this service."""
    await store.prepare()
    await store.pool.add(a_batch(["A", "B"]))
    reservation = await store.pool.claim(a_claim())
    held = database["codes"].find_one({"code": reservation.codes[0]}) or {}

    with pytest.raises(pymongo.errors.DuplicateKeyError):
        database["codes"].insert_one(held)
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        database["codes"].insert_one(held | {"_id": "tour/C", "code": "C"})


async def every_operation(store: MongoStore) -> None:
    """Every operation of the ports, at least once."""
    for type in (TM, EXTERNAL):
        await store.pool.add(a_batch(texts(type, 50), type=type, import_id=f"import-{type}"))
        await store.pool.add(a_batch(texts(type, 60), type=type, import_id=f"again-{type}"))
    held = await store.pool.claim(a_claim(3))
    await store.pool.claim(a_claim(3))
    await store.pool.claim(a_claim(2, reserve_id="reservation-2", chosen=False))
    await store.pool.change(TOUR, held.codes[:1], lambda code: code.assign(MINE, ANN, NOON, STAFF))
    await store.pool.change(TOUR, held.codes[1:2], lambda code: code.release(MINE, NOON, STAFF))
    await store.pool.held(TOUR, MINE, NOON)
    with pytest.raises(Exception, match="available"):
        await store.pool.claim(a_claim(900, reserve_id="reservation-3"))
    await store.catalogue.count(TOUR, NOON)
    await store.catalogue.get(TOUR, "tm-000001")
    for wanted in (
        CodeFilter(),
        CodeFilter(code="tm-000001"),
        CodeFilter(type=TM),
        CodeFilter(reserve_id=MINE),
        CodeFilter(user_id=ANN),
        *(CodeFilter(status=status) for status in CodeStatus),
    ):
        await store.catalogue.page(TOUR, wanted, after="tm", limit=10, now=NOON)
    await store.pool.sweep(NOON + DAY, 2)
    await store.pool.sweep(NOON + DAY, 100)
    await store.pool.claim(a_claim(2, at=NOON + DAY))
    await store.imports.save(an_import())
    await store.imports.get(TOUR, an_import().id)


async def test_no_operation_reads_a_whole_collection(store: MongoStore, database: Documents) -> None:
    """Read from the server's profiler, which records the commands that really ran."""
    await store.prepare()
    record_all(database)
    await every_operation(store)
    database.command("profile", 0)

    ran = [
        entry
        for entry in database["system.profile"].find({"ns": {"$in": [f"{database.name}.codes"]}})
        if "planSummary" in entry
    ]
    assert len(ran) > 20
    assert {entry["op"] for entry in ran} >= {"query", "update", "command"}
    scans = [entry.get("command") for entry in ran if "COLLSCAN" in entry["planSummary"]]
    assert scans == []


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://127.0.0.1:27017",
        "mongodb://127.0.0.1/",
        "mongodb://",
        "mongodb:///fangate",
        "mongodb://h:99999/x",
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_url(url)


def test_a_url_is_accepted_with_its_options() -> None:
    check_url("mongodb://a:27017,b:27017/fangate?replicaSet=rs0")


async def test_migrate_gives_partitions_to_messages_of_an_earlier_release(
    store: MongoStore, database: Documents
) -> None:
    """Before there were partitions, messages waited under ``outboxAt`` alone. None of them may be lost."""
    await store.migrate()
    entry = registered(fan(1), phone(1), confirmed=True)
    await store.entries.change(entry.campaign_id, entry.user_id, lambda _: entry)
    database["entries"].update_many({}, {"$unset": {"outboxSlot": "", "receiptsAt": "", "retriesAt": ""}})
    for channel in Channel:
        assert await store.outbox.pending(channel, range(PARTITIONS), 10, NOON) == []

    await store.migrate()

    waiting = {
        channel: len(await store.outbox.pending(channel, range(PARTITIONS), 10, NOON)) for channel in Channel
    }
    assert waiting == {Channel.EVENTS: 1, Channel.RECEIPTS: 1, Channel.RETRIES: 0}
