"""Indexes that differ from what is declared: found by their keys and options, whatever their names."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pymongo
import pytest
from pymongo.collection import Collection
from pymongo.database import Database

from adapters.mongo.index_comparison import EXPIRY, Index
from adapters.mongo.indexes import REMEMBERED_SECONDS, Indexes, Migration
from adapters.mongo.schema import INDEXES
from adapters.mongo.store import MongoStore, mongo_store
from domain.model.errors import Unavailable
from tests.support.stored import a_database

Documents = Database[dict[str, Any]]

DECLARED = {f"{index.collection}.{index.name}": index for index in INDEXES}
EXPIRING = [index for index in INDEXES if EXPIRY in index.options]
HOUR = 60 * 60


@pytest.fixture(scope="module")
def url(mongodb_url: str) -> Iterator[str]:
    """One database for all: to make each anew would take a second a test."""
    with a_database(mongodb_url) as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[Documents]:
    """As its administrator sees it."""
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        yield client.get_default_database()


@pytest.fixture
async def store(url: str, database: Documents) -> AsyncIterator[MongoStore]:
    """With every declared index. After the test, those that it changed are dropped."""
    async with mongo_store(url) as store:
        await store.migrate()
        before = all_indexes(database)
        yield store
        for collection, indexes in all_indexes(database).items():
            if indexes != before.get(collection):
                database[collection].drop_indexes()


def all_indexes(database: Documents) -> dict[str, Any]:
    return {name: database[name].index_information() for name in database.list_collection_names()}


def keys_of(index: Index) -> list[tuple[str, Any]]:
    return list(index.keys)


def other_keys(collection: Collection[dict[str, Any]], index: Index) -> None:
    collection.create_index([(f"elsewhere_{index.name}", 1)], name=index.name, **index.options)


def other_direction(collection: Collection[dict[str, Any]], index: Index) -> None:
    *first, (last, direction) = index.keys
    collection.create_index([*first, (last, -direction)], name=index.name, **index.options)


def toggled(name: str) -> Callable[[Collection[dict[str, Any]], Index], None]:
    def create(collection: Collection[dict[str, Any]], index: Index) -> None:
        options = dict(index.options)
        if options.pop(name, None) is None:
            options[name] = True
        collection.create_index(keys_of(index), name=index.name, **options)

    return create


def other_filter(collection: Collection[dict[str, Any]], index: Index) -> None:
    options = {**index.options, "partialFilterExpression": {"elsewhere": 1}}
    collection.create_index(keys_of(index), name=index.name, **options)


def other_collation(collection: Collection[dict[str, Any]], index: Index) -> None:
    collection.create_index(keys_of(index), name=index.name, collation={"locale": "sv"}, **index.options)


DIFFERENCES: dict[str, Callable[[Collection[dict[str, Any]], Index], None]] = {
    "other keys": other_keys,
    "another direction": other_direction,
    "unique or not": toggled("unique"),
    "hidden": toggled("hidden"),
    "another filter": other_filter,
    "a collation": other_collation,
}


def without_declared_indexes(database: Documents) -> None:
    """All collections stay."""
    for collection in {index.collection for index in INDEXES}:
        database[collection].drop_indexes()


async def assert_not_ready(store: MongoStore, *words: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await store.ping()
    assert refused.value.part == "store"
    for word in words:
        assert word in refused.value.reason


async def assert_all_lacking(store: MongoStore) -> None:
    assert await store.indexes.lacking() == sorted(DECLARED)


async def test_each_missing_index_is_built(store: MongoStore, database: Documents) -> None:
    without_declared_indexes(database)
    await assert_not_ready(store, INDEXES[0].name, INDEXES[0].collection, "run fangate migrate")
    await assert_all_lacking(store)

    assert await store.migrate() == Migration(built=[index.name for index in INDEXES])
    await store.ping()


@pytest.mark.parametrize("difference", DIFFERENCES)
async def test_each_index_with_other_keys_or_options_is_reported_and_never_dropped(
    store: MongoStore, database: Documents, difference: str
) -> None:
    without_declared_indexes(database)
    for index in INDEXES:
        DIFFERENCES[difference](database[index.collection], index)
    present = all_indexes(database)
    await assert_not_ready(store, INDEXES[0].name, INDEXES[0].collection, "fangate migrate")
    await assert_all_lacking(store)

    migration = await store.migrate()

    assert (migration.built, migration.extended, migration.extra) == ([], [], [])
    for index, advice in zip(INDEXES, migration.differing, strict=True):
        assert advice.startswith(f"index {index.name} of {index.collection} differs")
        assert f"should have {index}" in advice
        assert f'db.{index.collection}.dropIndex("{index.name}")' in advice
    assert all_indexes(database) == present

    for index in INDEXES:
        database[index.collection].drop_index(index.name)  # As the advice says.
    assert await store.migrate() == Migration(built=[index.name for index in INDEXES])
    await store.ping()


async def test_the_same_index_under_another_name_is_as_good(store: MongoStore, database: Documents) -> None:
    without_declared_indexes(database)
    for index in INDEXES:
        name = f"byHand_{index.name}"
        database[index.collection].create_index(keys_of(index), name=name, **index.options)
    present = all_indexes(database)

    await store.ping()
    assert await store.migrate() == Migration()
    assert all_indexes(database) == present


async def test_an_index_of_the_operator_is_reported_and_not_changed(
    store: MongoStore, database: Documents
) -> None:
    collections = dict.fromkeys(index.collection for index in INDEXES)
    for collection in collections:
        database[collection].create_index([("elsewhere", 1)], name="ofTheirs")
    present = all_indexes(database)

    await store.ping()
    assert await store.migrate() == Migration(extra=[f"{collection}.ofTheirs" for collection in collections])
    assert all_indexes(database) == present


async def test_an_index_that_is_not_unique_does_not_stand_for_one_that_is(
    store: MongoStore, database: Documents
) -> None:
    """Under another name MongoDB keeps both, so the right one can be built at once."""
    places = DECLARED["codes.places"]
    database["codes"].drop_index("places")
    options = {name: value for name, value in places.options.items() if name != "unique"}
    database["codes"].create_index(keys_of(places), name="places_old", **options)
    await assert_not_ready(store, "places of codes")

    assert await store.migrate() == Migration(built=["places"], extra=["codes.places_old"])
    await store.ping()


def expiring_after(database: Documents, index: Index, seconds: int) -> None:
    changed = {"name": index.name, EXPIRY: seconds}
    database.command({"collMod": index.collection, "index": changed})


@pytest.mark.parametrize("index", EXPIRING, ids=lambda index: index.collection)
async def test_an_expiry_that_is_too_short_is_extended(
    store: MongoStore, database: Documents, index: Index
) -> None:
    expiring_after(database, index, 30)
    await assert_not_ready(store, index.name)

    assert await store.migrate() == Migration(extended=[index.name])
    assert database[index.collection].index_information()[index.name][EXPIRY] == index.options[EXPIRY]
    await store.ping()


@pytest.mark.parametrize("index", EXPIRING, ids=lambda index: index.collection)
async def test_an_expiry_that_is_too_long_is_reported_and_kept(
    store: MongoStore, database: Documents, index: Index
) -> None:
    """Shortening it deletes documents at once."""
    seconds = index.options[EXPIRY]
    expiring_after(database, index, seconds + HOUR)
    await assert_not_ready(store, index.name)

    (advice,) = (await store.migrate()).differing
    command = f'{{collMod: "{index.collection}", index: {{name: "{index.name}", {EXPIRY}: {seconds}}}}}'
    assert f"db.runCommand({command})" in advice

    expiring_after(database, index, seconds)
    await store.ping()


async def test_a_lost_expiry_is_reported(store: MongoStore, database: Documents) -> None:
    database["phoneSends"].drop_index("forgotten")
    database["phoneSends"].create_index([("touchedAt", 1)], name="byHand")
    await assert_not_ready(store, "byHand of phoneSends")

    (advice,) = (await store.migrate()).differing
    assert 'db.phoneSends.dropIndex("byHand")' in advice


async def test_every_difference_is_reported_at_once(store: MongoStore, database: Documents) -> None:
    for name in ("codes.pool", "entries.ranking"):
        index = DECLARED[name]
        database[index.collection].drop_index(index.name)
        other_keys(database[index.collection], index)
    database["codes"].drop_index("places")
    await assert_not_ready(store, "index pool of codes differs")

    migration = await store.migrate()

    assert migration.built == ["places"]
    assert [advice.partition(" differs")[0] for advice in migration.differing] == [
        "index pool of codes",
        "index ranking of entries",
    ]


@dataclass(slots=True)
class Watch:
    seconds: float = field(default=0.0)

    def __call__(self) -> float:
        return self.seconds


async def no_doubles() -> None:
    return None


async def test_a_good_result_counts_for_a_while_and_a_bad_one_does_not(
    store: MongoStore, database: Documents
) -> None:
    watch = Watch()
    indexes = Indexes(store.database, no_doubles, seconds=watch)
    await indexes.check()
    database["codes"].drop_index("pool")

    await indexes.check()
    watch.seconds = REMEMBERED_SECONDS
    for _ in range(2):
        with pytest.raises(Unavailable):
            await indexes.check()
    await store.migrate()
    await indexes.check()


async def test_a_database_that_was_emptied_is_noticed_at_once(store: MongoStore, database: Documents) -> None:
    indexes = Indexes(store.database, no_doubles, seconds=Watch())
    await indexes.check()
    database.client.drop_database(database.name)

    await indexes.check()

    assert "places" in database["codes"].index_information()
