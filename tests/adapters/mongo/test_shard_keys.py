"""That tests notice a command without a shard key: what the profiler records, and how it is judged."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pymongo
import pytest
from pymongo import DeleteOne, UpdateMany, UpdateOne
from pymongo.collection import Collection

from adapters.mongo.driver import Raw
from adapters.mongo.keys import document_of, documents_after, documents_of, with_campaign_keys
from adapters.mongo.scatter import READS_OF_ALL_CAMPAIGNS, RELAY_DUE
from tests.support.shard_keys import unaddressed, watch

Sent = Callable[[Collection[Raw]], Any]

SET: Raw = {"$set": {"status": "x"}}
MANY = [f"{number:0>50}" for number in range(2_000)]
"""More than a profiler shows of a command."""


def united(*filters: Raw) -> list[Raw]:
    first, *others = ([{"$match": one}] for one in filters)
    return [*first, *({"$unionWith": {"coll": "entries", "pipeline": other}} for other in others)]


ADDRESSED: dict[str, Sent] = {
    "find": lambda entries: entries.find_one(document_of("c", "ann")),
    "find many": lambda entries: list(entries.find(documents_of("c", MANY))),
    "find in several campaigns": lambda entries: list(entries.find(with_campaign_keys(["c/ann", "d/bob"]))),
    "find a page": lambda entries: list(entries.find(documents_after("c", None)).sort("_id")),
    "each branch": lambda entries: list(entries.find({"$or": [document_of("c", "ann"), {"campaignId": "c"}]})),
    "a condition of all": lambda entries: list(entries.find({"$and": [{"campaignId": "c"}, {"status": "x"}]})),
    "update": lambda entries: entries.update_one(document_of("c", "ann"), SET, upsert=True),
    "bulk": lambda entries: entries.bulk_write([UpdateMany(documents_of("c", MANY), SET)]),
    "change": lambda entries: entries.find_one_and_update(document_of("c", "ann"), SET),
    "delete": lambda entries: entries.delete_one(document_of("c", "ann")),
    "delete many": lambda entries: entries.delete_many({"campaignId": {"$in": ["c", "d"]}}),
    "count": lambda entries: entries.count_documents({"campaignId": "c", "status": "x"}),
    "aggregate": lambda entries: list(entries.aggregate(united({"campaignId": "c"}, {"campaignId": "c"}))),
    "distinct": lambda entries: entries.distinct("status", {"campaignId": "c"}),
    "a known exception": lambda entries: list(entries.find({"outboxSlot": 1}, comment=RELAY_DUE)),
    "an insert": lambda entries: entries.insert_one({"campaignId": "c"}),
    "indexes": lambda entries: entries.index_information(),
    "another collection": lambda entries: entries.database["imports"].find_one({"_id": "x"}),
    "scores": lambda entries: entries.database["scoring"].update_one({"_id": "c/ann"}, SET),
    "many scores": lambda entries: entries.database["scoring"].update_many({"_id": {"$in": ["c/ann"]}}, SET),
}

UNADDRESSED: dict[str, Sent] = {
    "find by key": lambda entries: entries.find_one({"_id": "c/ann"}),
    "find many": lambda entries: list(entries.find({"_id": {"$in": MANY}})),
    "find all": lambda entries: list(entries.find()),
    "a range of campaigns": lambda entries: list(entries.find({"campaignId": {"$gt": ""}})),
    "a branch without": lambda entries: list(entries.find({"$or": [{"campaignId": "c"}, {"status": "x"}]})),
    "update": lambda entries: entries.update_one({"_id": "c/ann"}, SET),
    "update in one of several": lambda entries: entries.update_one({"campaignId": {"$in": ["c", "d"]}}, SET),
    "upsert": lambda entries: entries.update_one({"_id": "c/ann"}, SET, upsert=True),
    "one of a bulk": lambda entries: entries.bulk_write(
        [UpdateOne(document_of("c", "ann"), SET), DeleteOne({"_id": "c/bob"})]
    ),
    "change": lambda entries: entries.find_one_and_update({"_id": "c/ann"}, SET),
    "change as an exception": lambda entries: entries.find_one_and_update({"_id": "c"}, SET, comment=RELAY_DUE),
    "delete": lambda entries: entries.delete_one({"_id": "c/ann"}),
    "delete many": lambda entries: entries.delete_many({"status": "x"}),
    "count": lambda entries: entries.count_documents({"status": "x"}),
    "count all": lambda entries: entries.estimated_document_count(),
    "a part of an aggregate": lambda entries: list(
        entries.aggregate(united({"campaignId": "c"}, {"status": "x"}))
    ),
    "distinct": lambda entries: entries.distinct("campaignId"),
    "scores": lambda entries: entries.database["scoring"].update_one({"userId": "ann"}, SET),
}


@pytest.fixture
def entries(mongodb_url: str) -> Iterator[Collection[Raw]]:
    """In a database of its own, since it is sent what no test may send. Fangate's name is what is looked for."""
    with pymongo.MongoClient[Raw](mongodb_url, appname="fangate") as client:
        database = client["test_shard_keys"]
        client.drop_database(database.name)
        watch(database)
        yield database["entries"]
        database.command("profile", 0)
        client.drop_database(database.name)


def problems(entries: Collection[Raw], sent: Sequence[Sent]) -> list[str]:
    for send in sent:
        send(entries)
    return list(unaddressed(entries.database))


def test_a_command_with_its_shard_key_is_well(entries: Collection[Raw]) -> None:
    assert problems(entries, [*ADDRESSED.values()]) == []


@pytest.mark.parametrize("sent", UNADDRESSED)
def test_a_command_without_its_shard_key_is_found(sent: str, entries: Collection[Raw]) -> None:
    (problem,) = problems(entries, [UNADDRESSED[sent]])
    assert "does not name" in problem


def test_each_exception_says_why() -> None:
    assert all(why.endswith(".") for why in READS_OF_ALL_CAMPAIGNS.values())
