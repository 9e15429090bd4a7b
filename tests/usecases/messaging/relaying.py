"""The surroundings of a relay: registrations in memory, and scripted receivers."""

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.appsync.live_updates import BackgroundLiveUpdates
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.queues import MemoryQueue
from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from domain.model.ids import UserId
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.relaying import Relayed
from domain.model.registrations.campaigns import Fan
from domain.model.registrations.entry import BackgroundTask, Details, Entry, EntryEvent
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from domain.usecases.messaging.queue_score_retries import QueueScoreRetries
from domain.usecases.messaging.relay_events import RelayEvents
from domain.usecases.messaging.send_receipts import SendReceipts
from ports.events import BEHIND, Refused
from ports.neighbours import Receipt
from ports.system import current_request
from tests.support.codes import TOUR, ManualClock
from tests.support.neighbours import MemoryUsers

EVERYWHERE = range(PARTITIONS)


@dataclass(slots=True)
class ScriptedStream:
    """Takes every event, except those that the test makes it refuse or fail at, or while it is down."""

    refuses: set[str] = field(default_factory=set)
    fails_at: set[str] = field(default_factory=set)
    down: bool = False
    published: list[str] = field(default_factory=list)

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        if self.down:
            raise Unavailable("stream")
        if self.fails_at.intersection(event.id for event in events):
            raise ValueError("what no stream should raise")
        refused: dict[str, Refused] = {}
        stuck: set[str] = set()
        for event in events:
            if event.key in stuck:
                refused[event.id] = Refused(id=event.id, reason=BEHIND)
            elif event.id in self.refuses:
                stuck.add(event.key)
                refused[event.id] = Refused(id=event.id, reason="too large")
            else:
                self.published.append(event.id)
        return list(refused.values())


@dataclass(slots=True)
class ScriptedReceipts:
    """``answers`` by the address of the fan; True for all others."""

    answers: dict[str, bool | Exception] = field(default_factory=dict)
    sent: list[Receipt] = field(default_factory=list)
    on_behalf_of: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, receipt: Receipt) -> bool:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.on_behalf_of.append(current_request().request_id or "")
        await asyncio.sleep(0)
        self.at_once -= 1
        answer = self.answers.get(receipt.email, True)
        if isinstance(answer, Exception):
            raise answer
        if answer:
            self.sent.append(receipt)
        return answer


@dataclass(slots=True)
class ScriptedRealtime:
    held: asyncio.Event | None = None
    """Nothing is sent before this is set."""
    down: bool = False
    sent: list[str] = field(default_factory=list)
    on_behalf_of: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def send(self, event: OutgoingEvent) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.held is not None:
                await self.held.wait()
            if self.down:
                raise Unavailable("realtime")
            self.sent.append(event.id)
            self.on_behalf_of.append(current_request().request_id or "")
        finally:
            self.at_once -= 1


class Relaying:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.entries, self.users = MemoryEntryStore(request=current_request), MemoryUsers()
        self.outbox = MemoryOutbox(self.entries)
        self.stream, self.receipts, self.realtime = ScriptedStream(), ScriptedReceipts(), ScriptedRealtime()
        self.queue = MemoryQueue()
        self.live_updates = BackgroundLiveUpdates(self.realtime)
        self._events = RelayEvents(
            outbox=self.outbox, stream=self.stream, live_updates=self.live_updates, clock=self.clock
        )
        self._retries = QueueScoreRetries(outbox=self.outbox, queue=self.queue, clock=self.clock)
        self._receipts = SendReceipts(
            outbox=self.outbox,
            entries=self.entries,
            users=self.users,
            receipts=self.receipts,
            clock=self.clock,
        )

    async def registers(
        self,
        user: str,
        *,
        confirmed: bool = False,
        scored: bool = True,
        addressed: bool = True,
        first_name: str | None = None,
        last_name: str | None = None,
    ) -> list[str]:
        """Register a fan. Returns the ids of the messages, the event's first."""
        details = Details(
            phone=PhoneNumber(f"+46{zlib.crc32(user.encode()) % 10**9:09}"),
            markets=(MarketId("nyc"),),
            email=f"{user}@example.com" if addressed else None,
            first_name=first_name,
            last_name=last_name,
        )
        self.users.put(Fan(id=UserId(user)))
        entry = Entry.register(TOUR, UserId(user), details, self.clock.now())
        tasks = () if scored else (BackgroundTask.RETRY_FANSCORE,)
        changed = (entry.confirm(self.clock.now()) if confirmed else entry).with_event(
            EntryEvent.CREATED, self.clock.now(), *tasks
        )
        await self.entries.change(TOUR, changed.user_id, lambda _: changed)
        return [message.id for message in changed.messages]

    async def changes(self, user: str) -> str:
        """The id of the event that this leaves."""
        ids: list[str] = []

        def change(entry: Entry | None) -> Entry:
            assert entry is not None
            changed = entry.with_event(EntryEvent.UPDATED, self.clock.now())
            ids.append(changed.messages[-1].id)
            return changed

        await self.entries.change(TOUR, UserId(user), change)
        return ids[-1]

    async def events(self) -> Relayed:
        return await self._events(EVERYWHERE)

    async def retries(self) -> Relayed:
        return await self._retries(EVERYWHERE)

    async def mails(self) -> Relayed:
        return await self._receipts(EVERYWHERE)

    async def events_until_nothing_moves(self, by: timedelta = timedelta(minutes=1)) -> list[Relayed]:
        """Run passes until nothing is left, with the clock ahead of every pause."""
        passes = []
        while (relayed := await self.events()).passed_on or relayed.postponed or relayed.parked:
            passes.append(relayed)
            self.clock.advance(by)
        return passes
