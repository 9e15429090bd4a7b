"""The ports of registrations, each adapter of them as one."""

from contextlib import AsyncExitStack

from adapters.memory.budgets import MemoryFanBudgets
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.entry_queries import MemoryEntryQueries
from adapters.memory.entry_search import MemoryEntrySearch
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.phones import MemoryPhoneBook
from adapters.mongo.driver import close, open_client
from adapters.mongo.store import mongo_store
from tests.contracts.registrations.entry_stores import Asking, EntryPorts


def in_memory() -> EntryPorts:
    asking = Asking()
    store = MemoryEntryStore(request=asking)
    return EntryPorts(
        entries=store,
        queries=MemoryEntryQueries(store),
        search=MemoryEntrySearch(store),
        scores=store,
        withdrawals=store,
        phone_book=MemoryPhoneBook(),
        budgets=MemoryFanBudgets(),
        outbox=MemoryOutbox(store),
        asking=asking,
    )


async def in_mongo(url: str, stack: AsyncExitStack) -> EntryPorts:
    asking = Asking()
    store = await stack.enter_async_context(mongo_store(url, request=asking))
    reader = open_client(url, tz_aware=True)
    stack.push_async_callback(close, reader)
    return EntryPorts(
        entries=store.entries,
        queries=store.entry_queries,
        search=store.entry_search,
        scores=store.scores,
        withdrawals=store.withdrawals,
        phone_book=store.phone_book,
        budgets=store.budgets,
        outbox=store.outbox,
        asking=asking,
        scoring=reader.get_default_database()["scoring"],
    )
