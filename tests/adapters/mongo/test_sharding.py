"""Sharded clusters, as far as they can be seen without one: a stand-in answers hello as a mongos does."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pymongo
import pytest
from pymongo.database import Database

from adapters.mongo.index_comparison import Index
from adapters.mongo.schema import DOCUMENTS, INDEXES, name_of
from adapters.mongo.sharding import BY_CAMPAIGN, BY_HASHED_ID, BY_ID, NOT_SHARDED, SHARD_KEYS
from adapters.mongo.shards import unfit
from adapters.mongo.store import MongoStore, mongo_store
from domain.model.errors import Unavailable
from tests.support.codes import MINE, NOON, TOUR, a_batch, a_claim
from tests.support.servers.mongos import StandIn, stand_in

REPLICA_SET = {"isWritablePrimary": True, "setName": "rs0", "hosts": ["a:27017"]}
MONGOS = {"isWritablePrimary": True, "msg": "isdbgrid"}
SINGLE = {"isWritablePrimary": True}


@dataclass(frozen=True, slots=True)
class Cluster:
    mongos: StandIn
    store: MongoStore
    database: Database[dict[str, Any]]
    """As mongod has it."""

    def written_down(self) -> dict[str, Any]:
        rows = self.database.client["config"]["collections"].find({"_id": {"$regex": f"^{self.database.name}\\."}})
        return {row["_id"].partition(".")[2]: row["key"] for row in rows}

    def write_down(self, collection: str, **row: Any) -> None:
        config = self.database.client["config"]["collections"]
        config.insert_one({"_id": f"{self.database.name}.{collection}"} | row)


@pytest.fixture
def mongos(mongodb_url: str) -> Iterator[StandIn]:
    with stand_in(mongodb_url) as mongos:
        yield mongos


@pytest.fixture
async def cluster(mongos: StandIn, database_url: str) -> AsyncIterator[Cluster]:
    with pymongo.MongoClient[dict[str, Any]](database_url) as client:
        database = client.get_default_database()
        async with mongo_store(f"mongodb://127.0.0.1:{mongos.port}/{database.name}") as store:
            yield Cluster(mongos, store, database)
        client["config"]["collections"].delete_many({"_id": {"$regex": f"^{database.name}\\."}})


def test_a_replica_set_or_a_mongos_is_fit() -> None:
    assert unfit(REPLICA_SET) == ""
    assert unfit(MONGOS) == ""
    assert "not a replica set" in unfit(SINGLE)


def test_each_collection_has_a_shard_key_or_is_said_to_have_none() -> None:
    names = {name_of(document) for document in DOCUMENTS}
    undecided = names ^ (SHARD_KEYS.keys() | NOT_SHARDED)
    assert undecided == set(), f"adapters/mongo/sharding.py: {undecided}"
    assert SHARD_KEYS.keys().isdisjoint(NOT_SHARDED)


@pytest.mark.parametrize("index", [one for one in INDEXES if one.options.get("unique")], ids=lambda one: one.name)
def test_unique_indexes_begin_with_the_shard_key(index: Index) -> None:
    """A cluster keeps them unique on each shard only."""
    key = SHARD_KEYS.get(index.collection, {})
    assert index.keys[: len(key)] == tuple(key.items())


@pytest.mark.parametrize("collection", [name for name, key in SHARD_KEYS.items() if key == BY_CAMPAIGN])
def test_an_index_of_all_documents_begins_with_the_campaign(collection: str) -> None:
    """MongoDB asks for it when a collection with documents is sharded."""
    indexes = [one for one in INDEXES if one.collection == collection]
    whole = [one.keys[0] for one in indexes if "partialFilterExpression" not in one.options]
    assert ("campaignId", 1) in whole


async def test_migrate_shards_once_what_is_declared(cluster: Cluster) -> None:
    migration = await cluster.store.migrate()

    assert migration.sharded == list(SHARD_KEYS)
    assert migration.differing == []
    assert cluster.written_down() == SHARD_KEYS
    again = await cluster.store.migrate()
    assert (again.built, again.sharded, again.differing, again.extra) == ([], [], [], [])
    assert len(cluster.mongos.sharding) == len(SHARD_KEYS)


async def test_what_is_sharded_by_a_hash_has_its_index(cluster: Cluster) -> None:
    """MongoDB asks for it when there are documents."""
    await cluster.store.migrate()

    hashed = {name for name, key in SHARD_KEYS.items() if key == BY_HASHED_ID}
    assert hashed == {
        name
        for name in cluster.database.list_collection_names()
        if "_id_hashed" in cluster.database[name].index_information()
    }


async def test_migrate_says_what_is_sharded_otherwise_and_leaves_it(cluster: Cluster) -> None:
    cluster.write_down("codes", key={"_id": "hashed"})
    cluster.write_down("scoring", key=BY_ID)

    migration = await cluster.store.migrate()

    (told,) = migration.differing
    assert "codes is sharded by" in told
    assert f'reshardCollection: "{cluster.database.name}.codes", key: {{"campaignId": 1}}' in told
    assert set(migration.sharded) == SHARD_KEYS.keys() - {"codes", "scoring"}
    assert cluster.written_down()["codes"] == {"_id": "hashed"}


async def test_collections_that_mongodb_8_only_lists_there_are_sharded(cluster: Cluster) -> None:
    cluster.write_down("entries", key={"_id": 1}, unsplittable=True)

    assert "entries" in (await cluster.store.migrate()).sharded


async def test_a_user_who_may_not_shard_is_told_what_to_type(cluster: Cluster) -> None:
    cluster.mongos.may_shard = False

    (told,) = (await cluster.store.migrate()).differing

    assert "may not shard" in told
    assert f'sh.shardCollection("{cluster.database.name}.codes", {{"campaignId": 1}});' in told


async def test_a_mongos_is_ready_once_it_has_the_indexes(cluster: Cluster) -> None:
    await cluster.store.prepare()
    cluster.database["codes"].drop_index("pool")
    with pytest.raises(Unavailable) as refused:
        await cluster.store.ping()
    assert "run fangate migrate" in refused.value.reason

    await cluster.store.migrate()
    await cluster.store.ping()
    assert not cluster.store.away()


async def test_codes_are_reserved_and_counted_through_a_mongos(cluster: Cluster) -> None:
    await cluster.store.migrate()
    await cluster.store.pool.add(a_batch(["A", "B", "C"]))

    reservation = await cluster.store.pool.claim(a_claim(2))

    held = await cluster.store.pool.held(TOUR, MINE, NOON)
    assert set(held) == set(reservation.codes)
    counts = await cluster.store.catalogue.count(TOUR, NOON)
    assert [counts[type].reserved for type in counts if counts[type].total] == [2]


async def test_a_replica_set_is_not_sharded(database_url: str) -> None:
    async with mongo_store(database_url) as store:
        migration = await store.migrate()

    assert migration.built
    assert migration.sharded == []
