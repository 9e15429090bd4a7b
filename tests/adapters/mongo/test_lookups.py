"""Reading documents by their keys, where calls at the same time share one query."""

import asyncio

from adapters.mongo.lookups import Lookups
from adapters.mongo.store import mongo_store


async def test_what_cannot_be_converted_is_an_error_for_those_who_asked_for_it_and_for_no_others(
    database_url: str,
) -> None:
    async with mongo_store(database_url) as store:
        collection = store.database["movedMarkets"]
        await collection.insert_many(
            [
                {"_id": "tour/nyc", "campaignId": "tour", "market": "nyc"},
                {"_id": "tour/bos", "campaignId": "tour", "market": "bos"},
            ]
        )
        lookups = Lookups(collection, {}, convert=lambda document: {"bos": 1}[document["market"]])

        asked = [lookups.get(key) for key in ("tour/nyc", "tour/bos", "tour/lax")]
        wrong, right, missing = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(wrong, KeyError)
    assert right == 1
    assert missing is None
