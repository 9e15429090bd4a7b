"""The data of a tour, made quickly: some documents as the product stores them, multiplied inside MongoDB.

A sample of what was made must survive the product's own reading and writing unchanged.
"""

import itertools
import json
import random
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pymongo
from pymongo.database import Database as Stored
from rich.console import Console

from adapters.mongo.codes.mapping import to_code
from adapters.mongo.entries.mapping import new_document, to_entry
from adapters.mongo.store import CONNECTION
from tests.bench.crowds import SHARE_OF_OTHERS, crowd
from tests.bench.ground import Database, Raw, database_of, documents, insert, new_codes
from tests.support.servers.mongod import Node, ReplicaSet, packaged_mongod
from tests.support.servers.ports import free_port
from tests.support.stored import build_indexes

CAMPAIGN: Final = "tour"
CACHE_GIB: Final = 2
PATIENT: Final = {"socketTimeoutMS": 0}
"""To make the data takes minutes."""
COPIES: Final = 100
MODELS: Final = "models"
"""The collection of the documents that are multiplied."""
LANES: Final = 2
SAMPLE: Final = 500
MADE: Final = "made.json"
DIGITS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Whole multiples of ``COPIES``."""

    entries: int
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """A running mongod that holds databases of several sizes."""

    node: Node
    databases: Mapping[str, Database]


@contextmanager
def tour(folder: Path, amounts: Mapping[str, Amount], console: Console) -> Iterator[Tour]:
    """The databases by name. Those that an earlier run made in the folder are taken as they are."""
    binary = packaged_mongod()
    assert binary is not None, "the tour needs the packaged mongod: it must start one in a folder"
    made = _read(folder, amounts)
    if made is None:
        shutil.rmtree(folder / "0", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    port = made or free_port()
    node = Node(binary, folder / "0", port, cache_gib=CACHE_GIB)
    nodes = ReplicaSet([node])
    node.start()
    try:
        if made is None:
            nodes.initiate()
        nodes.primary()
        with pymongo.MongoClient[Raw](nodes.url(""), **(CONNECTION | PATIENT)) as client:
            if made is None:
                for name, amount in amounts.items():
                    make(client[name], amount, console)
                _write(folder, amounts, port)
            for name in amounts:
                build_indexes(client[name])  # A kept folder may be older than an index.
            url = nodes.url
            yield Tour(node=node, databases={name: database_of(client[name], url(name)) for name in amounts})
    finally:
        node.stop()


def _read(folder: Path, amounts: Mapping[str, Amount]) -> int | None:
    """The port of the mongod that made the folder, if it holds what is wanted."""
    path = folder / MADE
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    wanted = {name: [amount.entries, amount.codes] for name, amount in amounts.items()}
    return int(found["port"]) if found["amounts"] == wanted else None


def _write(folder: Path, amounts: Mapping[str, Amount], port: int) -> None:
    wanted = {name: [amount.entries, amount.codes] for name, amount in amounts.items()}
    (folder / MADE).write_text(json.dumps({"port": port, "amounts": wanted}))


def make(database: "Stored[Raw]", amount: Amount, console: Console) -> None:
    began = time.perf_counter()
    wanted = amount.entries // COPIES
    eligible = -(-wanted * SHARE_OF_OTHERS // (SHARE_OF_OTHERS + 1))
    models = list(itertools.islice(crowd(CAMPAIGN, eligible), wanted))
    assert len(models) == wanted
    random.shuffle(models)
    _multiply(database, "entries", models, _entry_copy(len(models)))
    codes = documents(CAMPAIGN, new_codes(amount.codes // COPIES))
    _multiply(database, "codes", codes, _code_copy())
    copied = time.perf_counter() - began
    build_indexes(database)
    _validate(database)
    whole = time.perf_counter() - began
    amounts = f"{amount.entries:,} entries and {amount.codes:,} codes"
    console.print(f"  made {amounts} in {whole:.0f} s, of which indexes {whole - copied:.0f}")


def _multiply(database: "Stored[Raw]", name: str, models: list[Raw], changes: Raw) -> None:
    """Each model becomes ``COPIES`` documents. A few pipelines share the work."""
    waiting = database[MODELS]
    waiting.drop()
    insert(waiting, ({"model": model, "n": number} for number, model in enumerate(models)))
    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(lambda lane: _copy(database, name, lane, changes), range(LANES)))
    waiting.drop()


def _copy(database: "Stored[Raw]", name: str, lane: int, changes: Raw) -> None:
    pipeline: list[Raw] = [
        {"$match": {"n": {"$mod": [LANES, lane]}}},
        {"$set": {"copy": {"$range": [0, COPIES]}}},
        {"$unwind": "$copy"},
        {"$replaceWith": {"$mergeObjects": ["$model", changes]}},
        {"$merge": {"into": name, "whenMatched": "fail", "whenNotMatched": "insert"}},
    ]
    quick = pymongo.WriteConcern(w=1, j=False)
    database.get_collection(MODELS, write_concern=quick).aggregate(pipeline)


def _entry_copy(models: int) -> Raw:
    """Another fan, another number, another score. Everything else is the model's."""
    number = {"$add": ["$n", {"$multiply": ["$copy", models]}]}
    digits = {"$substrCP": [{"$toString": {"$add": [10**DIGITS, number]}}, 1, DIGITS]}
    user = {"$concat": ["fan-", digits]}
    phone = {"$concat": ["+1213", {"$toString": {"$add": [2_000_000, number]}}]}
    email = {"$concat": [user, "@example.com"]}
    scored = {"$round": [{"$multiply": [{"$rand": {}}, 100]}, 2]}
    return {
        "_id": {"$concat": [f"{CAMPAIGN}/", user]},
        "entryId": {"$concat": [{"$substrCP": ["$model.entryId", 0, 32 - DIGITS]}, digits]},
        "userId": user,
        "ballotId": {"$concat": [{"$substrCP": ["$model.ballotId", 0, 32 - DIGITS]}, digits]},
        "email": email,
        "searchKeys": [{"$concat": ["phone:", phone]}, {"$concat": ["email:", email]}],
        "phone": phone,
        "phoneKey": {"$cond": [{"$eq": ["$model.status", "confirmed"]}, phone, "$$REMOVE"]},
        "score": {"$cond": [{"$eq": ["$model.score", None]}, None, scored]},
    }


def _code_copy() -> Raw:
    digits = {"$substrCP": [{"$toString": {"$add": [10**DIGITS, "$copy"]}}, 1, DIGITS]}
    code = {"$concat": ["$model.code", "-", digits]}
    return {
        "_id": {"$concat": [f"{CAMPAIGN}/", code]},
        "code": code,
        "slot": {"$toInt": {"$floor": {"$multiply": [{"$rand": {}}, 2**31 - 1]}}},
    }


def _validate(database: "Stored[Raw]") -> None:
    """Read and written again by the product, each document of a sample is the same."""
    for stored in database["entries"].aggregate([{"$sample": {"size": SAMPLE}}]):
        again: dict[str, Any] = new_document(to_entry(stored))
        assert again == stored, {name for name in stored if again.get(name) != stored[name]}
    for stored in database["codes"].aggregate([{"$sample": {"size": SAMPLE}}]):
        code = to_code(stored)
        assert stored["_id"] == f"{CAMPAIGN}/{code.text}", stored
        assert code.hold is None, stored
