"""What the benchmarks put straight into MongoDB is what the service stores."""

import io
from typing import Any

import pymongo
from pymongo import MongoClient
from rich.console import Console

from adapters.mongo.entries.mapping import new_document, to_entry
from tests.bench.crowds import SHARE_OF_OTHERS, crowd
from tests.bench.tour_data import COPIES, Amount, make


def test_a_crowd_is_stored_as_the_service_stores_it() -> None:
    for document in crowd("tour", 2 * SHARE_OF_OTHERS):
        assert new_document(to_entry(document)) == document


def test_a_tour_is_stored_as_the_service_stores_it(database_url: str) -> None:
    """``make`` compares a sample with what the service would store. At the end of the test all are validated."""
    amount = Amount(entries=3 * COPIES, codes=COPIES)
    client: MongoClient[dict[str, Any]] = pymongo.MongoClient(database_url, tz_aware=True)
    with client:
        database = client.get_default_database()
        make(database, amount, Console(file=io.StringIO()))

        assert database["entries"].count_documents({}) == amount.entries
        assert database["codes"].count_documents({}) == amount.codes
        assert sorted(database.list_collection_names(filter={"name": {"$regex": "^(e|c)"}})) == [
            "codes",
            "entries",
        ]
