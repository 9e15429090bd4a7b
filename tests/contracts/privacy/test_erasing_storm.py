"""Fifty persons are erased while everything else happens to them."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.store import MemoryStore
from adapters.mongo.store import mongo_store
from domain.model.errors import DomainError
from domain.model.ids import UserId
from domain.model.messaging.messages import PERSONAL, StoredMessage
from domain.model.messaging.relaying import Channel, Settlement
from domain.model.privacy.people import Place, pseudonym_of
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from domain.model.registrations.markets import Transfer
from domain.model.registrations.scoring import ScoreRecord
from domain.usecases.privacy.erase_person import ErasePerson, ErasePersonCommand
from ports.stores import Stores
from tests.contracts.privacy.stored_text import text_of
from tests.contracts.registrations.entry_stores import (
    EVERYWHERE,
    MARKETS,
    NOW,
    TOUR,
    existing,
    noted,
    phone,
    registered,
)
from tests.support.codes import ManualClock

PERSONS = 50
LATER = NOW + timedelta(minutes=1)
KEY = b"the key of the tests"


@pytest.fixture(params=["memory", "mongo"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            yield MemoryStore()
        else:
            store = await stack.enter_async_context(mongo_store(request.getfixturevalue("prepared_url")))
            yield store


class Worker:
    """Publishes what waits. Every third batch it dies between publishing and settling, and another goes on."""

    def __init__(self, stores: Stores) -> None:
        self._outbox = stores.outbox
        self.published: list[StoredMessage] = []

    async def work(self, over: asyncio.Event) -> None:
        while not over.is_set():
            with suppress(DomainError):
                await self.once()
            await asyncio.sleep(0)

    async def once(self, *, may_die: bool = True) -> int:
        worked = 0
        for channel in Channel:
            messages = await self._outbox.pending(channel, EVERYWHERE, 100, NOW + timedelta(days=1))
            if channel is Channel.EVENTS:
                self.published += messages
            if messages and not (may_die and random.random() < 1 / 3):
                await self._outbox.settle(Settlement(channel=channel, at=NOW, passed_on=messages))
            worked += len(messages)
        return worked


def person(number: int) -> UserId:
    return UserId(f"person-{number:04}-of-the-storm")


class Storm:
    """What happens to the persons, again and again, in any order."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._persons = [person(number) for number in range(PERSONS)]

    async def begin(self) -> None:
        await asyncio.gather(*(self._register(number) for number in range(PERSONS)))

    async def rage(self, rounds: int) -> None:
        await asyncio.gather(*(self._one_after_the_other(rounds) for _ in range(8)))

    async def _one_after_the_other(self, rounds: int) -> None:
        for _ in range(rounds):
            with suppress(DomainError):
                await random.choice(self._happenings)(random.randrange(PERSONS))

    @property
    def _happenings(self) -> list[Callable[[int], Awaitable[object]]]:
        return [
            self._register,
            self._register,
            self._confirm,
            self._transfer,
            self._select,
            self._score,
            self._retry,
        ]

    async def _register(self, number: int) -> None:
        def register(entry: Entry | None) -> Entry:
            return (
                registered(person(number), phone(number)) if entry is None else noted("rare", "rare-value")(entry)
            )

        await self._stores.entries.change(TOUR, person(number), register)

    async def _confirm(self, number: int) -> None:
        def confirm(entry: Entry) -> Entry:
            return entry if entry.confirmed else entry.confirm(NOW).with_event(EntryEvent.PHONE_CONFIRMED, NOW)

        with suppress(AssertionError):  # There is no entry.
            await self._stores.entries.change(TOUR, person(number), existing(confirm))

    async def _retry(self, number: int) -> None:
        def learn(entry: Entry) -> Entry:
            return replace(entry, fanscore=0.5).with_event(EntryEvent.UPDATED, NOW)

        with suppress(AssertionError):
            await self._stores.entries.change(TOUR, person(number), existing(learn))

    async def _transfer(self, _: int) -> None:
        transfer = Transfer(source=MARKETS[0], target=MARKETS[2])

        def move(entry: Entry) -> Entry:
            return entry.transfer(transfer).with_event(EntryEvent.TRANSFERRED, NOW)

        await self._stores.entries.change_many(TOUR, self._persons, move)

    async def _select(self, _: int) -> None:
        def select(entry: Entry) -> Entry:
            return replace(entry, selection=Selection.SELECTED).with_event(EntryEvent.SELECTED, NOW)

        await self._stores.entries.change_many(TOUR, self._persons, select)

    async def _score(self, number: int) -> None:
        records = [ScoreRecord(user_id=one, score=number) for one in self._persons]
        await self._stores.scores.put(TOUR, records, NOW, upload=str(number))


async def test_fifty_erasures_in_a_storm_leave_no_trace(stores: Stores) -> None:
    erase = ErasePerson(
        places=stores.personal_data, reader=stores.person_reader, clock=ManualClock(LATER), key=KEY
    )
    worker, storm, over = Worker(stores), Storm(stores), asyncio.Event()
    await storm.begin()
    await storm.rage(5)
    workers = [asyncio.create_task(worker.work(over)) for _ in range(1)]
    commands = [ErasePersonCommand(user_id=person(number)) for number in range(PERSONS)]

    await asyncio.gather(storm.rage(12), *(erase(command) for command in commands))
    during = len(worker.published)
    over.set()
    await asyncio.gather(*workers)
    # Those who registered in the storm, after their erasure, are erased anew.
    done = await asyncio.gather(*(erase(command) for command in commands))
    while await worker.once(may_die=False):
        pass

    assert during, "the worker published in the storm"
    assert all(set(one.remaining.values()) == {0} for one in done)
    counts = await stores.entry_queries.count(TOUR, [])
    assert (sum(counts.by_status.values()), counts.withdrawn) == (0, 0)
    text = await text_of(stores)
    assert not [one for one in range(PERSONS) if person(one) in text or phone(one)[1:] in text]
    assert "rare-value" not in text
    counted = [await stores.personal_data[place].count(person(0), pseudonym_of(person(0), KEY)) for place in Place]
    assert counted == [0] * len(Place)
    assert_in_order(worker.published)


def assert_in_order(published: list[StoredMessage]) -> None:
    """The first copies of each person's events: no gap before the erasure, and nothing personal behind it, until
    the person registers again."""
    first: dict[UserId, dict[str, StoredMessage]] = defaultdict(dict)
    for message in published:
        first[message.user_id].setdefault(message.id, message)
    assert len(first) == PERSONS
    for messages in first.values():
        last, gone = 0, True
        for message in messages.values():
            assert message.revision == last + 1 or (gone and message.revision == 1), message.about
            last = message.revision
            gone = message.about is EntryEvent.ERASED or (gone and message.about is not EntryEvent.CREATED)
            assert not gone or not PERSONAL & json.loads(message.data or "{}").keys(), message.about
        assert gone, "the last event is that of the erasure"
