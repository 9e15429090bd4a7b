"""One database for many tests, one after the other: to build its indexes and to drop them takes half a second."""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pymongo
from pymongo.database import Database

from adapters.mongo.index_comparison import Index, compare
from adapters.mongo.schema import INDEXES
from adapters.mongo.shards import is_mongos
from tests.support.shard_keys import PROFILE, watch, watch_on
from tests.support.stored import assert_addressed, assert_declared, build_indexes, counted, in_each

Documents = Database[dict[str, Any]]

FEW: Final = 1_000
"""Of more documents than this, dropping the database is faster than deleting them."""
ENDS_WITHIN_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.01


class Reused:
    """Each test gets it without documents, and with all declared indexes.

    It is not for a test that kills a process: what the process had sent may be stored later, in the next test.
    """

    def __init__(self, client: "pymongo.MongoClient[dict[str, Any]]", mongodb_url: str) -> None:
        self._database: Documents = client[f"test_{uuid.uuid4().hex}"]
        before, _, query = mongodb_url.partition("?")
        self._url = f"{before}{self._database.name}?{query}"
        self._built = False

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Its URL. All that it holds at the end of the block must be as declared."""
        if self._built:
            watch_on(self._database)
        else:
            self._build()
        try:
            yield self._url
            self._wait_until_it_is_quiet()
            assert_addressed(self._database)
            assert_declared(self._database)
        except BaseException:
            self.drop()
            raise
        self._empty()

    def drop(self) -> None:
        self._database.client.drop_database(self._database)
        self._built = False

    def _build(self) -> None:
        watch(self._database)
        build_indexes(self._database)
        self._built = True

    def _wait_until_it_is_quiet(self) -> None:
        """A connection that was closed may still be busy at the server's end."""
        mine = {"appName": "fangate", "ns": {"$regex": f"^{self._database.name}\\."}}
        deadline = time.monotonic() + ENDS_WITHIN_SECONDS
        while list(self._database.client.admin.aggregate([{"$currentOp": {}}, {"$match": mine}])):
            assert time.monotonic() < deadline, "commands of the test are still being executed"
            time.sleep(LOOK_SECONDS)

    def _empty(self) -> None:
        documents = counted(self._database)
        found = compare(INDEXES, list(self._indexes([*documents])))
        if sum(documents.values()) > FEW or found.missing or found.differing or found.extra:
            self.drop()
            return
        if self._database[PROFILE].find_one() is not None:
            self._database.drop_collection(PROFILE)
            watch(self._database)
        for name, count in documents.items():
            if count:
                self._database[name].delete_many({})

    def _indexes(self, collections: Sequence[str]) -> Iterator[Index]:
        for row in in_each(self._database, collections, _described):
            yield Index.read(row["in"], row["spec"]["name"], row["spec"])


def _described(collection: str) -> list[dict[str, Any]]:
    return [{"$indexStats": {}}, {"$project": {"spec": 1, "in": {"$literal": collection}}}]


@contextmanager
def reused(mongodb_url: str) -> Iterator[Reused | None]:
    """None for a sharded cluster, where each test needs its documents spread over the shards anew."""
    with pymongo.MongoClient[dict[str, Any]](mongodb_url) as client:
        if is_mongos(client.admin.command("hello")):
            yield None
            return
        database = Reused(client, mongodb_url)
        try:
            yield database
        finally:
            database.drop()
