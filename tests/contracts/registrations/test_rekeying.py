"""What an earlier release stored under plain digests of numbers is stored anew under keyed ones."""

import hashlib
from datetime import timedelta
from typing import Any

import pymongo

from adapters.mongo.store import mongo_store
from domain.model.ids import UserId
from domain.model.registrations.phones import SendLimits
from tests.contracts.registrations.entry_stores import NOW, TOUR, phone

KEY = b"the key of the tests"
ONCE = SendLimits(per_hour=1, per_day=1)
DAY = timedelta(days=1)


def plain(number: int) -> str:
    return hashlib.sha256(phone(number).encode()).hexdigest()


async def test_plain_digests_become_keyed_ones(database_url: str) -> None:
    failures = [{"by": f"fan-{one}", "at": NOW} for one in range(3)]
    with pymongo.MongoClient[dict[str, Any]](database_url) as client:
        database = client.get_default_database()
        database["phoneSends"].insert_many(
            [{"_id": plain(one), "sent": [NOW], "version": 1, "touchedAt": NOW} for one in range(1_500)]
        )
        database["phoneFailures"].insert_one({"_id": f"{TOUR}/{plain(1)}", "failures": failures, "version": 3})
        async with mongo_store(database_url, digest_key=KEY) as store:
            await store.migrate()
            assert await store.phone_book.rekey(NOW + DAY) == 1_501
            assert await store.phone_book.rekey(NOW + DAY) == 0

            assert await store.phone_book.take_send(phone(7), ONCE, NOW) == NOW + DAY
            record = await store.phone_book.record(TOUR, phone(1))
            assert record.blocked_for(UserId("ann"), NOW, DAY)
            assert record.forget_at == NOW + DAY
        stored = repr([*database["phoneSends"].find(), *database["phoneFailures"].find()])
        assert not [one for one in (1, 7, 1_499) if plain(one) in stored]


async def test_a_record_that_a_new_process_has_written_stays(database_url: str) -> None:
    async with mongo_store(database_url, digest_key=KEY) as store:
        await store.migrate()
        assert await store.phone_book.take_send(phone(1), ONCE, NOW) is None
        old = {"_id": plain(1), "sent": [], "version": 1, "touchedAt": NOW}
        await store.database["phoneSends"].insert_one(old)

        assert await store.phone_book.rekey(NOW) == 1

        assert await store.phone_book.take_send(phone(1), ONCE, NOW) == NOW + DAY


async def test_digests_of_another_key_are_others(database_url: str) -> None:
    async with mongo_store(database_url, digest_key=KEY) as store, mongo_store(database_url) as other:
        await store.migrate()
        assert await store.phone_book.take_send(phone(1), ONCE, NOW) is None
        assert await other.phone_book.take_send(phone(1), ONCE, NOW) is None
        ids = [document["_id"] async for document in store.database["phoneSends"].find()]
        assert len(ids) == 2
        assert plain(1) not in ids
