"""A sharded cluster behind a mongos: whether there is one, and how the collections are spread over its shards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pymongo.errors
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import UNAUTHORIZED
from adapters.mongo.index_comparison import in_shell
from adapters.mongo.sharding import BY_HASHED_ID, SHARD_KEYS

MONGOS: Final = "isdbgrid"
"""What a mongos answers to hello as its ``msg``. It has no ``setName``."""


def is_mongos(hello: Mapping[str, Any]) -> bool:
    return hello.get("msg") == MONGOS


def unfit(hello: Mapping[str, Any]) -> str:
    """Why this server cannot be used; empty if it can."""
    if is_mongos(hello) or "setName" in hello:
        return ""
    return "it is a single server, not a replica set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharding:
    """What ``migrate`` did, and what it left to an operator."""

    sharded: list[str] = field(default_factory=list)
    """Names of collections."""
    differing: list[str] = field(default_factory=list)
    """A sentence each: what differs, and how to mend it."""


class Shards:
    def __init__(self, database: AsyncDatabase[Raw]) -> None:
        self._database = database

    async def migrate(self) -> Sharding:
        """Shard what is not sharded yet. Nothing is sharded anew, and without a mongos nothing is done."""
        if not is_mongos(await self._database.client.admin.command("hello", maxTimeMS=READ_MS)):
            return Sharding()
        try:
            present = await self._present()
            missing = [name for name in SHARD_KEYS if name not in present]
            for name in missing:
                await self._shard(name, SHARD_KEYS[name])
        except pymongo.errors.OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            return Sharding(differing=[not_allowed(self._database.name)])
        return Sharding(sharded=missing, differing=differing(self._database.name, present))

    async def _present(self) -> Mapping[str, Raw]:
        """The keys of collections that are sharded. MongoDB 8 also lists others there."""
        wanted = {"_id": {"$in": [f"{self._database.name}.{name}" for name in SHARD_KEYS]}}
        rows = self._database.client["config"]["collections"].find(wanted, max_time_ms=READ_MS)
        return {
            row["_id"].partition(".")[2]: row["key"]
            for row in await rows.to_list(None)
            if not row.get("dropped") and not row.get("unsplittable")
        }

    async def _shard(self, name: str, key: Raw) -> None:
        """A collection that has documents needs the index of its shard key first."""
        if key == BY_HASHED_ID:
            await self._database[name].create_index(list(key.items()))
        admin = self._database.client.admin
        await admin.command({"enableSharding": self._database.name})
        await admin.command({"shardCollection": f"{self._database.name}.{name}", "key": key})


def differing(database: str, present: Mapping[str, Raw]) -> list[str]:
    """A sentence for each collection that is sharded by another key than declared."""
    return [
        f"collection {name} is sharded by {in_shell(present[name])}. It should be by {in_shell(key)}. Type "
        f'db.adminCommand({{reshardCollection: "{database}.{name}", key: {in_shell(key)}}}) in mongosh.'
        for name, key in SHARD_KEYS.items()
        if name in present and list(present[name].items()) != list(key.items())
    ]


def not_allowed(database: str) -> str:
    return (
        "the user may not shard collections. Give it the right enableSharding on the database and find on "
        f"config.collections, or type as an administrator in mongosh: {' '.join(commands(database, SHARD_KEYS))}"
    )


def commands(database: str, keys: Mapping[str, Raw]) -> Sequence[str]:
    return [f'sh.shardCollection("{database}.{name}", {in_shell(key)});' for name, key in keys.items()]
