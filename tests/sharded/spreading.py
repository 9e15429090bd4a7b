"""A test's database on a sharded cluster: sharded as Fangate does it, with its documents on both shards."""

from typing import Any, Final

import pymongo

from adapters.mongo.sharding import BY_CAMPAIGN, BY_ID, SHARD_KEYS
from tests.support.commands import fangate

BORDER: Final = {"campaignId": "tour-", "_id": "tour/fan-0002"}
"""What is before it goes to the other shard: the campaign ``tour``, which most tests use, but not ``tour-2``; and
some of the scores of ``tour``. What is sharded by a hash is on both from the start."""


def spread(client: "pymongo.MongoClient[dict[str, Any]]", url: str, database: str) -> None:
    migrated = fangate("migrate", settings={"FANGATE_STORE": url})
    assert migrated.returncode == 0, migrated.stderr
    known = client["config"]["databases"].find_one({"_id": database}) or {}
    shards = [shard["_id"] for shard in client.admin.command("listShards")["shards"]]
    other = next(shard for shard in shards if shard != known.get("primary"))
    for name, key in SHARD_KEYS.items():
        if key in (BY_CAMPAIGN, BY_ID):
            (field,) = key
            collection = f"{database}.{name}"
            client.admin.command("split", collection, middle={field: BORDER[field]})
            client.admin.command("moveChunk", collection, find={field: ""}, to=other)
