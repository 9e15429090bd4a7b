"""The indexes that a database has, against those that are declared."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pymongo.errors
import structlog
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.driver import Raw
from adapters.mongo.errors import DUPLICATE_KEY, UNAUTHORIZED
from adapters.mongo.index_comparison import EXPIRY, Comparison, Difference, Index, compare
from adapters.mongo.schema import INDEX_MODELS, INDEXES
from adapters.mongo.sharding import BY_HASHED_ID
from domain.model.errors import Unavailable

SHARD_INDEX: Final = tuple(BY_HASHED_ID.items())
"""A sharded cluster has this one where a collection is sharded by a hash."""
REMEMBERED_SECONDS: Final = 30.0
"""How long a good result counts. Readiness is asked for every few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What ``migrate`` did, and what it left to an operator."""

    built: list[str] = field(default_factory=list)
    """Names of indexes that were missing."""
    extended: list[str] = field(default_factory=list)
    """Names of indexes that let documents live longer now, as declared."""
    differing: list[str] = field(default_factory=list)
    """A sentence each: what differs, and how to mend it."""
    sharded: list[str] = field(default_factory=list)
    """Names of collections that a sharded cluster spreads over its shards now."""
    extra: list[str] = field(default_factory=list)
    """Indexes that are not declared, ``collection.name`` each."""


class Indexes:
    def __init__(
        self,
        database: AsyncDatabase[Raw],
        release_doubles: Callable[[], Awaitable[None]],
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._release_doubles = release_doubles
        self._seconds = seconds
        self._good_until = float("-inf")
        self._logged = ""

    async def check(self) -> None:
        """``prepare``, unless it went well a moment ago and no collection has gone since. Raises Unavailable."""
        if self._seconds() < self._good_until and not await self._absent():
            return
        await self.prepare()
        self._good_until = self._seconds() + REMEMBERED_SECONDS

    async def prepare(self) -> None:
        """Build the indexes of collections that do not exist yet.

        Raises Unavailable if another index is missing or differs: ``migrate`` is for an operator to run.
        """
        absent = await self._absent()
        await self._build([index for index in INDEXES if index.collection in absent])
        reason = _reason(await self._comparison())
        self._log(reason)
        if reason:
            raise Unavailable("store", reason=reason)

    async def lacking(self) -> list[str]:
        """Declared indexes that are missing or differ, ``collection.name`` each."""
        found = await self._comparison()
        wrong = [*found.missing, *(difference.declared for difference in found.differing)]
        return sorted(f"{index.collection}.{index.name}" for index in wrong)

    async def migrate(self) -> Migration:
        """Build what is missing. Nothing is dropped: without a unique index, the rule behind it does not hold."""
        found = await self._comparison()
        await self._build(found.missing)
        extended = [one for one in found.differing if one.expires_too_early and await self._extend(one)]
        return Migration(
            built=[index.name for index in found.missing],
            extended=[difference.present.name for difference in extended],
            differing=[difference.advice for difference in found.differing if difference not in extended],
            extra=[f"{one.collection}.{one.name}" for one in found.extra if one.keys != SHARD_INDEX],
        )

    async def _absent(self) -> set[str]:
        """Collections that do not exist yet. This is one command, so it is asked each time."""
        present = await self._database.list_collection_names()
        return {index.collection for index in INDEXES}.difference(present)

    async def _comparison(self) -> Comparison:
        collections = dict.fromkeys(index.collection for index in INDEXES)
        found = await asyncio.gather(*map(self._present, collections))
        return compare(INDEXES, [index for indexes in found for index in indexes])

    async def _present(self, collection: str) -> list[Index]:
        described = await self._database[collection].index_information()
        return [Index.read(collection, name, index) for name, index in described.items()]

    async def _build(self, indexes: Sequence[Index]) -> None:
        for collection in dict.fromkeys(index.collection for index in indexes):
            await self._create(collection, [index for index in indexes if index.collection == collection])

    async def _create(self, collection: str, indexes: Sequence[Index]) -> None:
        models = [INDEX_MODELS[collection, index.name] for index in indexes]
        try:
            await self._database[collection].create_indexes(models)
        except pymongo.errors.OperationFailure as error:
            if error.code != DUPLICATE_KEY:
                raise
            # Phone numbers were stored while no index kept them apart.
            await self._release_doubles()
            await self._database[collection].create_indexes(models)

    async def _extend(self, difference: Difference) -> bool:
        """False when the database user may not do this: then an operator has to."""
        name, seconds = difference.present.name, difference.declared.options[EXPIRY]
        changed = {"name": name, EXPIRY: seconds}
        try:
            await self._database.command({"collMod": difference.present.collection, "index": changed})
        except pymongo.errors.OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            return False
        return True

    def _log(self, reason: str) -> None:
        """Once each: readiness is asked for every few seconds."""
        if reason and reason != self._logged:
            structlog.get_logger().warning("store.not_ready", reason=reason)
        self._logged = reason


def _reason(found: Comparison) -> str:
    """The first thing that keeps the store from being ready; empty if nothing does."""
    if found.differing:
        return f"{found.differing[0].summary}: fangate migrate says how to mend it"
    if found.missing:
        index = found.missing[0]
        return f"indexes are missing, first {index.name} of {index.collection}: run fangate migrate"
    return ""
