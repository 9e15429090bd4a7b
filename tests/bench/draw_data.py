"""Campaigns of millions of entrants, made quickly: a few entries as the product stores them, with other values.

Their keys are in no order of their documents, as with real fans: what reads documents by a key reads them from
anywhere on the disk.
"""

import json
import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pymongo
from pymongo.database import Database as Stored
from rich.console import Console

from adapters.mongo.entries.choices import CHOICE, choice_of, prefs
from adapters.mongo.entries.history import first_history
from adapters.mongo.entries.mapping import new_document
from adapters.mongo.store import CONNECTION
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import partition_of
from domain.model.messaging.messages import RequestContext
from domain.model.registrations.entry import Details, Entry, EntryEvent, Fraud, FraudStatus, Selection
from domain.model.registrations.markets import MAX_MARKETS, MarketId
from domain.model.registrations.phones import PhoneNumber
from tests.bench.ground import Raw
from tests.support.servers.mongod import Node, ReplicaSet, packaged_mongod
from tests.support.servers.ports import free_port
from tests.support.stored import build_indexes

CAMPAIGN: Final = "tour"
MARKETS: Final = tuple(MarketId(f"market-{number:02}") for number in range(20))
CACHE_GIB: Final = 1
SHARE_OF_OTHERS: Final = 50
"""One fan in so many takes no part: the phone is not confirmed, the fan waits already, or fraud is likely."""
INSERTED_AT_ONCE: Final = 2_000
LANES: Final = 2
SCRAMBLE: Final = 15_485_863
"""A prime above all sizes: multiplied by it, numbers come in no order, and none twice."""
RANKINGS: Final = 20_000
"""Different orders of markets."""
MADE: Final = "made.json"
PATIENT: Final = {"socketTimeoutMS": 0, "w": 1, "journal": False}
FAN: Final = UserId("fan")
FIRST_DAY: Final = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowds:
    """A running mongod with a database for each size."""

    node: Node
    urls: Mapping[int, str]


def fan(number: int, size: int) -> str:
    return f"fan-{number * SCRAMBLE % size:07}"


def models() -> list[Raw]:
    """One of each kind, as the service stores it: those who take part come first."""
    at = FIRST_DAY
    details = Details(
        phone=PhoneNumber("+12132000000"),
        markets=MARKETS[:2],
        email="fan@example.com",
        first_name="Ada",
        last_name="Lovelace",
        opt_ins={"newsletter": True},
        attributes={"household": "12 Market Street"},
    )
    new = Entry.register(CampaignId(CAMPAIGN), FAN, details, at)
    assessed = replace(new, fanscore=0.82, fraud=Fraud(status=FraudStatus.CLEAR, score=3.0))
    pending = assessed.with_event(EntryEvent.CREATED, at)
    plain = replace(replace(pending, messages=()).confirm(at), score=50.0, receipt_due=False)
    plain = plain.with_event(EntryEvent.PHONE_CONFIRMED, at)
    flagged = replace(plain, fraud=Fraud(status=FraudStatus.FLAGGED, score=97.0))
    kinds = (plain, pending, replace(plain, selection=Selection.WAITLISTED), flagged)
    first = first_history(pending, FAN)["history"]
    return [_published(one, first if one.confirmed else []) for one in kinds]


def _published(entry: Entry, before: Sequence[Raw]) -> Raw:
    """The document once its events are published. ``before``: the changes before the last."""
    document = new_document(entry, RequestContext(by=FAN))
    document["history"] = [*before, *document["history"]]
    document["outbox"] = []
    del document["outboxAt"]
    return document


def entries(size: int, numbers: Sequence[int]) -> Iterator[Raw]:
    """The documents of these numbers, of a campaign of this size."""
    rng = random.Random(numbers[0])
    plain, *others = models()
    for number in numbers:
        user = fan(number, size)
        phone, email = PhoneNumber(f"+1{2_132_000_000 + number}"), f"{user}@example.com"
        markets, ranked, text = rankings()[int(rng.random() ** 2 * RANKINGS)]
        at = FIRST_DAY + timedelta(milliseconds=rng.randrange(86_400_000))
        model = plain if number % SHARE_OF_OTHERS else others[number // SHARE_OF_OTHERS % len(others)]
        document = model | {
            "_id": f"{CAMPAIGN}/{user}",
            "entryId": f"{rng.getrandbits(128):032x}",
            "userId": user,
            "ballotId": f"{rng.getrandbits(128):032x}",
            "phone": phone,
            "email": email,
            "searchKeys": [f"phone:{phone}", f"email:{email}"],
            "markets": markets,
            "prefs": ranked,
            CHOICE: text,
            "outboxSlot": partition_of(CampaignId(CAMPAIGN), UserId(user)),
            "createdAt": at,
            "updatedAt": at,
        }
        if "phoneKey" in model:
            document |= {"phoneKey": phone, "phoneConfirmedAt": at, "score": round(rng.random() * 100, 2)}
        yield document


@cache
def rankings() -> Sequence[tuple[list[str], list[str], str | None]]:
    """Markets, and what is stored beside them. Some markets are chosen more often than others."""
    rng = random.Random(2)
    weights = [1 / position for position in range(1, len(MARKETS) + 1)]
    chosen = (dict.fromkeys(rng.choices(MARKETS, weights, k=rng.randint(1, MAX_MARKETS))) for _ in range(RANKINGS))
    return [(list(markets), prefs(list(markets)), choice_of(list(markets))) for markets in chosen]


@contextmanager
def crowds(folder: Path, sizes: Sequence[int], console: Console) -> Iterator[Crowds]:
    """What an earlier run made in the folder is taken as it is."""
    binary = packaged_mongod()
    assert binary is not None, "the packaged mongod is needed: it is started in a folder"
    path = folder / MADE
    made: Raw = json.loads(path.read_text()) if path.exists() else {"port": free_port(), "sizes": []}
    if not made["sizes"]:
        shutil.rmtree(folder / "0", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    node = Node(binary, folder / "0", made["port"], cache_gib=CACHE_GIB)
    nodes = ReplicaSet([node])
    node.start()
    try:
        if not made["sizes"]:
            nodes.initiate()
        nodes.primary()
        with pymongo.MongoClient[Raw](nodes.url(""), **(CONNECTION | PATIENT)) as client:
            for size in sizes:
                database = client[f"draw_{size}"]
                if size not in made["sizes"]:
                    make(database, nodes.url(database.name), size, console)
                    made["sizes"].append(size)
                    path.write_text(json.dumps(made))
                build_indexes(database)  # A kept folder may be older than an index.
        yield Crowds(node=node, urls={size: nodes.url(f"draw_{size}") for size in sizes})
    finally:
        node.stop()


def make(database: "Stored[Raw]", url: str, size: int, console: Console) -> None:
    began = time.perf_counter()
    database.client.drop_database(database.name)
    with ProcessPoolExecutor(LANES, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(partial(_insert, url, size), range(LANES)):
            pass
    inserted = time.perf_counter() - began
    build_indexes(database)
    whole = time.perf_counter() - began
    console.print(f"  made {size:,} entries in {whole:.0f} s, of which indexes {whole - inserted:.0f}")


def _insert(url: str, size: int, lane: int) -> None:
    with pymongo.MongoClient[Raw](url, **(CONNECTION | PATIENT)) as client:
        collection = client.get_default_database()["entries"]
        for start in range(lane * INSERTED_AT_ONCE, size, LANES * INSERTED_AT_ONCE):
            numbers = range(start, min(start + INSERTED_AT_ONCE, size))
            collection.insert_many(entries(size, numbers), ordered=False)
