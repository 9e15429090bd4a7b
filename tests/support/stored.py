"""Databases for tests.

What they hold at the end is validated against the documents that declare it, and what was sent to them must have
said which shard it is for.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import pymongo
from bson.codec_options import CodecOptions
from pydantic import BaseModel, ValidationError, create_model
from pymongo.collection import Collection
from pymongo.database import Database

from adapters.mongo.schema import DOCUMENTS, name_of
from adapters.mongo.shards import is_mongos
from adapters.mongo.stored_documents import STORED
from tests.sharded.spreading import spread
from tests.support.shard_keys import unaddressed, watch

AWARE: Final[CodecOptions[dict[str, Any]]] = CodecOptions(tz_aware=True)


@cache
def declared() -> dict[str, type[BaseModel]]:
    """By collection. Without Beanie: its documents cannot be made before it has asked a server."""
    return {name_of(document): _plain(document) for document in DOCUMENTS}


def _plain(document: type[BaseModel]) -> type[BaseModel]:
    """With Beanie's own ``revision_id``, which Beanie 1 stores as null."""
    definitions: dict[str, Any] = {name: (each.annotation, each) for name, each in document.model_fields.items()}
    return create_model(document.__name__, __config__=STORED, **definitions)


def names_of(database: Database[dict[str, Any]]) -> list[str]:
    """Of the collections, without MongoDB's own."""
    return database.list_collection_names(filter={"name": {"$not": {"$regex": "^system\\."}}})


def build_indexes(database: Database[dict[str, Any]]) -> None:
    """All that are declared, by the plainest way there is: ``fangate migrate`` looks first at what is there."""
    for document in DOCUMENTS:
        if indexes := getattr(document.Settings, "indexes", None):
            database[name_of(document)].create_indexes(indexes)


def counted(database: Database[dict[str, Any]]) -> dict[str, int]:
    """The collections, and how many documents each has, by one command: most are empty after most tests."""
    rows = in_each(database, names_of(database), lambda _: [{"$collStats": {"count": {}}}])
    counts: dict[str, int] = {}
    for row in rows:  # A sharded collection has one for each shard.
        name = row["ns"].partition(".")[2]
        counts[name] = counts.get(name, 0) + row["count"]
    return counts


def in_each(
    database: Database[dict[str, Any]], collections: Sequence[str], pipeline: Callable[[str], list[dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """What the pipeline gives for each of the collections, all by one command."""
    if collections:
        first, *others = collections
        united = [{"$unionWith": {"coll": name, "pipeline": pipeline(name)}} for name in others]
        yield from database[first].aggregate([*pipeline(first), *united])


def problems(database: Database[dict[str, Any]]) -> Iterator[str]:
    """What no document declares: a collection, a field, a type. Values are not shown."""
    for collection, documents in counted(database).items():
        model = declared().get(collection)
        if model is None:
            yield f"no document declares the collection {collection}: adapters/mongo/schema.py"
        elif documents:
            yield from _problems_in(database[collection], model)


def _problems_in(collection: Collection[dict[str, Any]], model: type[BaseModel]) -> Iterator[str]:
    for stored in collection.with_options(AWARE).find():
        yield from _problems_of(model, stored)


def _problems_of(model: type[BaseModel], stored: dict[str, Any]) -> Iterator[str]:
    stored["id"] = stored.pop("_id")
    try:
        model.model_validate(stored, extra="forbid", by_alias=True, by_name=False)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            yield f"{model.__name__}.{'.'.join(map(str, one['loc']))}: {one['msg']}"


def assert_declared(database: Database[dict[str, Any]]) -> None:
    """Every stored document of this database is as its class says."""
    found = dict.fromkeys(problems(database))
    assert not found, "stored, but not as declared:\n" + "\n".join(found)


def assert_addressed(database: Database[dict[str, Any]]) -> None:
    found = dict.fromkeys(unaddressed(database))
    assert not found, "sent to all shards of a cluster (docs/operations.md):\n" + "\n".join(found)


@contextmanager
def a_database(mongodb_url: str) -> Iterator[str]:
    """The URL of an empty database. All that it holds at the end must be as declared; then it is dropped."""
    name = f"test_{uuid.uuid4().hex}"
    before, _, query = mongodb_url.partition("?")
    url = f"{before}{name}?{query}"
    with pymongo.MongoClient[dict[str, Any]](mongodb_url) as client:
        sharded = is_mongos(client.admin.command("hello"))
        try:
            if sharded:
                spread(client, url, name)
            else:
                watch(client[name])
            yield url
            if not sharded:  # A mongos has no profiler.
                assert_addressed(client[name])
            assert_declared(client[name])
        finally:
            client.drop_database(name)
