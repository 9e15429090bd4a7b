"""Databases for tests.

What they hold at the end is validated against the documents that declare it, and what was sent to them must have
said which shard it is for.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pymongo
from pydantic import BaseModel, ValidationError, create_model
from pymongo.database import Database

from adapters.mongo.schema import DOCUMENTS, name_of
from adapters.mongo.shards import is_mongos
from adapters.mongo.stored_documents import STORED
from tests.sharded.spreading import spread
from tests.support.shard_keys import unaddressed, watch


@cache
def declared() -> dict[str, type[BaseModel]]:
    """By collection. Without Beanie: its documents cannot be made before it has asked a server."""
    return {name_of(document): _plain(document) for document in DOCUMENTS}


def _plain(document: type[BaseModel]) -> type[BaseModel]:
    """With Beanie's own ``revision_id``, which Beanie 1 stores as null."""
    definitions: dict[str, Any] = {name: (each.annotation, each) for name, each in document.model_fields.items()}
    return create_model(document.__name__, __config__=STORED, **definitions)


def problems(database: Database[dict[str, Any]]) -> Iterator[str]:
    """What no document declares: a collection, a field, a type. Values are not shown."""
    for collection in database.list_collection_names(filter={"name": {"$not": {"$regex": "^system\\."}}}):
        model = declared().get(collection)
        if model is None:
            yield f"no document declares the collection {collection}: adapters/mongo/schema.py"
            continue
        for stored in database[collection].find():
            yield from _problems_of(model, stored)


def _problems_of(model: type[BaseModel], stored: dict[str, Any]) -> Iterator[str]:
    stored["id"] = stored.pop("_id")
    try:
        model.model_validate(stored, extra="forbid", by_alias=True, by_name=False)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            yield f"{model.__name__}.{'.'.join(map(str, one['loc']))}: {one['msg']}"


def assert_declared(url: str) -> None:
    """Every stored document of this database is as its class says."""
    with pymongo.MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        found = dict.fromkeys(problems(client.get_default_database()))
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
            assert_declared(url)
        finally:
            client.drop_database(name)
