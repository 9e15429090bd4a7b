"""The messages that wait beside the registrations of this process's memory."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from typing import Final

from adapters.memory.entries import MemoryEntryStore
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import partition_of
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import (
    MAX_WAITING,
    Channel,
    EntryMessages,
    Parked,
    ParkedPosition,
    Postponed,
    Settlement,
    Standing,
    channel_of,
)
from domain.model.registrations.entry import EntryEvent

REMEMBERED: Final = 10_000
"""Ids of events that were passed on."""


class MemoryOutbox:
    def __init__(self, store: MemoryEntryStore) -> None:
        self._store = store
        self._waiting = store.waiting
        self.published: deque[str] = deque(maxlen=REMEMBERED)

    async def pending(
        self, channel: Channel, partitions: Collection[int], limit: int, now: datetime
    ) -> Sequence[StoredMessage]:
        of_entries = [
            going
            for key, waiting in self._waiting.items()
            if partition_of(*key) in partitions
            and (going := [one for one in waiting if channel_of(one.about) is channel])
        ]
        due = [going for going in of_entries if all(one.retry_at is None or one.retry_at <= now for one in going)]
        due.sort(key=lambda going: _due(going[0]))
        return list(islice(chain.from_iterable(due), limit))

    async def settle(self, settlement: Settlement) -> None:
        passed_on = [message for message in settlement.passed_on if message.id not in self.published]
        if settlement.channel is Channel.EVENTS:
            self.published.extend(message.id for message in passed_on)
        for parked in settlement.parked:
            if kept := self._store.as_kept(parked.message):
                self._store.parked[kept.id] = replace(parked, message=kept)
        for message in (*settlement.passed_on, *(parked.message for parked in settlement.parked)):
            self._take_out(message)
        for message in settlement.passed_on:
            if message.about is EntryEvent.ERASED:
                self._store.forget_erased(message.campaign_id, message.user_id)
        for postponed in settlement.postponed:
            self._put_off(postponed)

    def _take_out(self, message: StoredMessage) -> None:
        key = message.campaign_id, message.user_id
        self._keep(message, [one for one in self._waiting.get(key, ()) if one.id != message.id])

    def _put_off(self, postponed: Postponed) -> None:
        """The stored message stays as it is: it may have lost its personal data since it was read."""
        message, until = postponed.message, postponed.until
        waiting = self._waiting.get((message.campaign_id, message.user_id), ())
        attempts = message.attempts
        put_off = [
            replace(one, attempts=attempts, retry_at=until) if one.id == message.id else one for one in waiting
        ]
        self._keep(message, put_off)

    def _keep(self, message: StoredMessage, waiting: list[StoredMessage]) -> None:
        key = message.campaign_id, message.user_id
        self._waiting.pop(key, None)
        if waiting:
            self._waiting[key] = waiting

    async def parked(
        self, campaign_id: CampaignId | None, limit: int, *, after: ParkedPosition | None = None
    ) -> Sequence[Parked]:
        wanted = (one for one in self._store.parked.values() if campaign_id in {None, one.message.campaign_id})
        behind = (one for one in wanted if after is None or ParkedPosition.of(one) > after)
        return sorted(behind, key=ParkedPosition.of)[:limit]

    async def of_entry(self, campaign_id: CampaignId, user_id: UserId) -> EntryMessages:
        waiting = self._waiting.get((campaign_id, user_id), ())
        wanted = (one for one in self._store.parked.values() if one.message.campaign_id == campaign_id)
        parked = sorted((one for one in wanted if one.message.user_id == user_id), key=ParkedPosition.of)
        return EntryMessages(waiting=[replace(one, data=None) for one in waiting], parked=parked[:MAX_WAITING])

    def _parked_of(self, user_id: UserId) -> list[str]:
        """All but the events of erasures: they are still to be published."""
        about = {id: one.message for id, one in self._store.parked.items() if one.message.user_id == user_id}
        return [id for id, message in about.items() if message.about is not EntryEvent.ERASED]

    async def count_parked_of(self, user_id: UserId) -> int:
        return len(self._parked_of(user_id))

    async def erase_parked_of(self, user_id: UserId, _: UserId, __: datetime) -> None:
        for id in self._parked_of(user_id):
            del self._store.parked[id]

    async def put_back(self, ids: Collection[str] | None) -> Sequence[str]:
        wanted = [one for id, one in self._store.parked.items() if ids is None or id in ids]
        for parked in wanted:
            message = replace(parked.message, attempts=0, retry_at=None)
            waiting = self._waiting.get((message.campaign_id, message.user_id), [])
            others = [one for one in waiting if one.id != message.id]
            earlier = [one for one in others if one.revision < message.revision]
            self._keep(message, [*earlier, message, *others[len(earlier) :]])
            del self._store.parked[message.id]
        return [one.message.id for one in wanted]

    async def standing(self) -> Standing:
        events = [
            event
            for waiting in self._waiting.values()
            if (event := next((one for one in waiting if channel_of(one.about) is Channel.EVENTS), None))
        ]
        oldest = min((_due(event) for event in events), default=None)
        return Standing(oldest_event=oldest, waiting=len(events), parked=len(self._store.parked))


def _due(message: StoredMessage) -> datetime:
    return message.retry_at or message.at
