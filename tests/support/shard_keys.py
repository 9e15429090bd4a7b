"""What Fangate sends to sharded collections: each command must say which shard it is for.

No sharded cluster is needed to see that. The profiler of mongod sees the commands of every process and driver. It
records those that do not name the shard key in the plainest way, and they are judged here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pymongo.database import Database

from adapters.mongo.scatter import READS_OF_ALL_CAMPAIGNS
from adapters.mongo.sharding import SHARD_KEYS

WATCHED: Final = ("codes", "entries", "scoring", "drawChunks")
PROFILE: Final = "system.profile"
PROFILE_BYTES: Final = 16 * 2**20
"""It is a ring: what does not fit pushes out what came first."""
SHOWN: Final = 300
"""Characters of a command that a failing test shows."""
FILTERS: Final = {"find": "filter", "count": "query", "distinct": "query", "findAndModify": "query"}

Documents = Database[dict[str, Any]]
Filter = Mapping[str, Any]


def watch(database: Documents) -> None:
    """From now on, record what Fangate sends to this database."""
    database.create_collection(PROFILE, capped=True, size=PROFILE_BYTES)
    watch_on(database)


def watch_on(database: Documents) -> None:
    """As ``watch``, in a database that has the collection of recordings already. It must be empty."""
    database.command("profile", 1, filter=_suspicious(database.name))


def record_all(database: Documents) -> None:
    """From now on, record all commands, for a test that reads the profile itself."""
    database.command("profile", 2, filter="unset")


def _suspicious(database: str) -> dict[str, Any]:
    """The profiler's filter. A path in it cannot lead into pipelines or into ``$and``."""
    unnamed = {"$not": {"$type": "string"}}
    sent = [
        {"ns": f"{database}.{name}"}
        | {f"command.{part}.{_key(name)}": unnamed for part in ("filter", "q", "query")}
        for name in WATCHED
    ]
    excepted = {
        "op": {"$in": ["query", "command"]},
        "command.findAndModify": {"$exists": False},
        "command.comment": {"$in": [*READS_OF_ALL_CAMPAIGNS]},
    }
    return {"appName": "fangate", "op": {"$nin": ["insert", "getmore"]}, "$or": sent, "$nor": [excepted]}


def unaddressed(database: Documents) -> Iterator[str]:
    """What was sent without a shard key. Stops recording."""
    database.command("profile", 0)
    watched = [f"{database.name}.{name}" for name in WATCHED]
    # The profiler cuts long commands, also in the middle of a character.
    lenient = database.codec_options.with_options(unicode_decode_error_handler="replace")
    profile = database.get_collection(PROFILE, codec_options=lenient)
    rows = list(profile.find({"appName": "fangate", "ns": {"$in": watched}}))
    if rows and database.command("collstats", PROFILE)["size"] > 0.9 * PROFILE_BYTES:
        yield f"more was recorded than fits: raise PROFILE_BYTES in {__file__}"
    for row in rows:
        collection = row["ns"].partition(".")[2]
        if not _addressed(row["op"], row["command"], _key(collection)):
            shown = {name: value for name, value in row["command"].items() if name not in {"lsid", "$clusterTime"}}
            yield f"{row['op']} on {collection} does not name {_key(collection)}: {str(shown)[:SHOWN]}"


def _key(collection: str) -> str:
    (field,) = SHARD_KEYS[collection]
    return field


def _addressed(op: str, command: Filter, field: str) -> bool:
    if "$truncated" in command:  # Over 50 KB: the filter is the first that is left of it.
        return f'{{ {field}: "' in command["$truncated"][:SHOWN]
    if op in {"update", "remove"}:
        many = command.get("multi") is True or command.get("limit") == 0
        return _names(command["q"], field, exactly=not many)
    if command.get("comment") in READS_OF_ALL_CAMPAIGNS and "findAndModify" not in command:
        return True
    if "aggregate" in command:
        return _all_name(command["pipeline"], field)
    for name, part in FILTERS.items():
        if name in command:
            return _names(command.get(part, {}), field, exactly=name == "findAndModify")
    return True  # Of indexes and the like.


def _names(wanted: Filter, field: str, *, exactly: bool) -> bool:
    """Does it name the value, or in reads and writes of many documents the values, of this field?"""
    named = wanted.get(field)
    if isinstance(named, str) or any(_names(one, field, exactly=exactly) for one in wanted.get("$and", ())):
        return True
    if exactly:
        return False
    ways = wanted.get("$or", ())
    listed = isinstance(named, Mapping) and {"$in", "$eq"} & named.keys()
    return bool(listed) or (bool(ways) and all(_names(one, field, exactly=False) for one in ways))


def _all_name(pipeline: list[dict[str, Any]], field: str) -> bool:
    """Also in the pipelines that it unites."""
    united = [stage["$unionWith"]["pipeline"] for stage in pipeline if "$unionWith" in stage]
    first = pipeline[0].get("$match", {}) if pipeline else {}
    return _names(first, field, exactly=False) and all(_all_name(other, field) for other in united)
