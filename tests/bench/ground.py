"""The servers of every benchmark: one real MongoDB, one real S3, databases of its own, and the service."""

import itertools
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pymongo
import pymongo.database
import pymongo.errors
from pymongo.collection import Collection

from adapters.mongo.codes.documents import CodeDocument
from adapters.mongo.codes.mapping import new_document
from adapters.mongo.entries.documents import EntryDocument, ScoringDocument
from adapters.mongo.store import CONNECTION
from domain.model.codes.code import CodeType
from domain.model.codes.imports import CodeBatch
from domain.model.ids import CampaignId, ImportId, UserId
from tests.support.servers import aws, backends
from tests.support.servers.service import Service, service
from tests.support.stored import build_indexes
from tests.support.tokens import bearer

Raw = dict[str, Any]
INSERTED_AT_ONCE = 5_000
BUCKET = "fangate-bench"
ANSWER_SECONDS = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The amount of work: enough for reliable figures, or just enough to see that everything runs."""

    codes: int = 50_000
    many: int = 1_000_000
    pool: int = 50_000
    rounds: int = 5
    warm_up: float = 1.5
    seconds: float = 5.0
    queries: int = 20
    fans: int = 100_000
    jobs: int = 500
    upload_mib: int = 100
    few_fans: int = 50_000
    many_fans: int = 1_000_000
    tour_entries: int = 5_000_000
    tour_codes: int = 1_500_000
    tour_small: int = 100_000
    """Entries, and codes, of the campaign that the tour is compared with."""


QUICK = Size(
    codes=5_000,
    many=50_000,
    pool=10_000,
    rounds=2,
    warm_up=0.5,
    seconds=1.5,
    queries=5,
    fans=4_000,
    jobs=200,
    upload_mib=20,
    few_fans=2_000,
    many_fans=8_000,
    tour_entries=20_000,
    tour_codes=20_000,
    tour_small=4_000,
)


@dataclass(slots=True, kw_only=True)
class Ground:
    size: Size
    mongodb_url: str
    aws_url: str
    folder: Path | None
    """Where a bench may keep what takes long to make; None: nothing is kept."""
    client: "pymongo.MongoClient[Raw]"
    """With the same write concern as the product's own client: w=majority, journaled."""
    many: "Database | None" = None
    """The database that holds ``size.many`` codes, once a bench has imported them."""
    registered: "Database | None" = None
    """The database that holds campaigns of ``size.many_fans`` and fewer, once a bench has filled it."""
    _made: list[str] = field(default_factory=list)

    def database(self) -> "Database":
        """An empty one, with the product's own indexes."""
        name = f"bench_{secrets.token_hex(4)}"
        self._made.append(name)
        before, _, query = self.mongodb_url.partition("?")
        database = self.client[name]
        build_indexes(database)
        return database_of(database, f"{before}{name}?{query}")

    @contextmanager
    def service(
        self, database: "Database", *, workers: int = 1, neighbours: Mapping[str, str] | None = None
    ) -> Iterator[Service]:
        settings = {"FANGATE_STORE": database.url, "FANGATE_OBJECTS": f"s3://{BUCKET}"} | dict(neighbours or {})
        where = aws.ENVIRONMENT | {"AWS_ENDPOINT_URL": self.aws_url}
        with service(settings | where, workers=workers) as running:
            yield running

    def upload(self, campaign: str, codes: Sequence[str]) -> str:
        """The key of a new file with these codes, one a line."""
        key = f"codes/{campaign}/tm/{secrets.token_hex(4)}.csv"
        content = "".join(f"{code}\n" for code in codes).encode()
        with httpx2.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
            client.put(f"{self.aws_url}/{BUCKET}").raise_for_status()
            client.put(f"{self.aws_url}/{BUCKET}/{key}", content=content).raise_for_status()
        return key

    def drop_databases(self) -> None:
        while self._made:
            self.client.drop_database(self._made.pop())


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    url: str
    codes: "Collection[Raw]"
    entries: "Collection[Raw]"
    scoring: "Collection[Raw]"

    def fill(self, campaign: str, codes: Sequence[str]) -> None:
        self.insert(documents(campaign, codes))

    def insert(self, wanted: Sequence[Raw]) -> None:
        """The ceiling of an import: nothing but the driver."""
        insert(self.codes, wanted)


def database_of(database: "pymongo.database.Database[Raw]", url: str) -> Database:
    """``url`` is what the product connects to."""
    return Database(
        url=url,
        codes=database[CodeDocument.Settings.name],
        entries=database[EntryDocument.Settings.name],
        scoring=database[ScoringDocument.Settings.name],
    )


def insert(collection: "Collection[Raw]", documents: Iterable[Raw]) -> None:
    """As fast as the driver does it."""
    waiting = iter(documents)
    while some := list(itertools.islice(waiting, INSERTED_AT_ONCE)):
        collection.insert_many(some, ordered=False)


def documents(campaign: str, codes: Sequence[str]) -> list[Raw]:
    """As an import stores them."""
    batch = CodeBatch(
        campaign_id=CampaignId(campaign),
        type=CodeType.TM,
        import_id=ImportId(secrets.token_hex(16)),
        at=datetime.now(UTC),
        by=UserId("staff"),
        rows=[],
    )
    return [new_document(batch, line, code) for line, code in enumerate(codes, 1)]


def new_campaign() -> str:
    return f"bench-{secrets.token_hex(4)}"


def new_codes(number: int) -> list[str]:
    return [f"{secrets.token_hex(6).upper()}-{index:07d}" for index in range(number)]


def client_of(running: Service) -> httpx2.Client:
    return httpx2.Client(base_url=running.url, headers=bearer(), timeout=ANSWER_SECONDS, trust_env=False)


def import_over_http(running: Service, campaign: str, key: str) -> Raw:
    with client_of(running) as client:
        answer = client.post(f"/{campaign}/codes", json={"key": key})
    if not answer.is_success:
        raise RuntimeError(f"{answer.text}\n{running.logged()[-2_000:]}")
    report: Raw = answer.json()
    return report


@contextmanager
def ground(size: Size, folder: Path | None = None) -> Iterator[Ground]:
    with backends.mongodb() as mongodb_url, backends.aws() as aws_url:
        client: pymongo.MongoClient[Raw] = pymongo.MongoClient(mongodb_url, **CONNECTION)
        prepared = Ground(size=size, mongodb_url=mongodb_url, aws_url=aws_url, folder=folder, client=client)
        try:
            yield prepared
        finally:
            with suppress(pymongo.errors.PyMongoError):  # A server that was stopped with us took them along.
                prepared.drop_databases()
            client.close()
