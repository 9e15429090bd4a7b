"""Run the errands that changes of registrations left."""

import asyncio
import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from domain.model.errors import Unavailable
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import Channel, Parked, Postponed, Relayed, Settlement, pause_after
from domain.model.registrations.entry import Details, Entry
from domain.model.registrations.errors import UserNotFound
from domain.model.registrations.names import presentable
from ports.entries import EntryStore
from ports.messaging import Outbox, Queue, ScoreRetry
from ports.neighbours import Receipt, Receipts, Users
from ports.system import Clock, set_current_request

RETRIES_AT_ONCE: Final = 500
RECEIPTS_AT_ONCE: Final = 16
REFUSED: Final = "the mailer refused the receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueScoreRetries:
    """Hand the work of asking for a fanscore again to the queue."""

    outbox: Outbox
    queue: Queue
    clock: Clock

    async def __call__(self, partitions: Collection[int]) -> Relayed:
        """Once. Raises Unavailable."""
        messages = await self.outbox.pending(Channel.RETRIES, partitions, RETRIES_AT_ONCE, self.clock.now())
        if not messages:
            return Relayed()
        await self.queue.send([_retry(message) for message in messages])
        await self.outbox.settle(Settlement(channel=Channel.RETRIES, at=self.clock.now(), passed_on=messages))
        return Relayed(passed_on=len(messages), more=len(messages) == RETRIES_AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReceipts:
    """Mail the receipts, once for each entry where the mailer can tell (entry-service REQ-008).

    They go to the account's own address; one that was typed may be a stranger's, and is used where the account has
    none.
    One that cannot be sent now is put off, longer each time, and never given up; one that the mailer will never
    have is parked.
    """

    outbox: Outbox
    entries: EntryStore
    users: Users
    receipts: Receipts
    clock: Clock

    async def __call__(self, partitions: Collection[int]) -> Relayed:
        """Once. Raises Unavailable when the store does not answer."""
        now = self.clock.now()
        messages = await self.outbox.pending(Channel.RECEIPTS, partitions, RECEIPTS_AT_ONCE, now)
        if not messages:
            return Relayed()
        outcome = await asyncio.gather(*(self._send(message) for message in messages))
        unaddressed = [one.message for one in outcome if isinstance(one, _Unaddressed)]
        settlement = Settlement(
            channel=Channel.RECEIPTS,
            at=now,
            passed_on=[*unaddressed, *(one for one in outcome if isinstance(one, StoredMessage))],
            postponed=[one for one in outcome if isinstance(one, Postponed)],
            parked=[one for one in outcome if isinstance(one, Parked)],
        )
        await self.outbox.settle(settlement)
        return Relayed(
            passed_on=len(settlement.passed_on),
            postponed=len(settlement.postponed),
            parked=settlement.parked,
            unaddressed=len(unaddressed),
            more=len(messages) == RECEIPTS_AT_ONCE,
        )

    async def _send(self, message: StoredMessage) -> "StoredMessage | _Unaddressed | Postponed | Parked":
        set_current_request(message.request)  # Each runs in a task of its own.
        entry = await self.entries.get(message.campaign_id, message.user_id)
        counted = replace(message, attempts=message.attempts + 1)
        try:
            receipt = await self._receipt(message, entry)
            if receipt is None:
                return _Unaddressed(message)
            if await self.receipts.send(receipt):
                return message
        except Unavailable:
            pause = pause_after(counted.attempts) * random.uniform(0.5, 1)
            return Postponed(message=counted, until=self.clock.now() + pause)
        except Exception as error:  # noqa: BLE001  # one receipt must not stop all
            return Parked(
                message=counted, reason=f"the mailer failed: {type(error).__name__}", since=self.clock.now()
            )
        return Parked(message=counted, reason=REFUSED, since=self.clock.now())

    async def _receipt(self, message: StoredMessage, entry: Entry | None) -> Receipt | None:
        """None where there is no address to write to."""
        try:
            fan = await self.users.get(message.user_id)
        except UserNotFound:
            return None
        if entry is None or (email := fan.email or entry.details.email) is None:
            return None
        return _receipt(message, entry.details, email)


@dataclass(frozen=True, slots=True)
class _Unaddressed:
    """There is nobody to write to."""

    message: StoredMessage


def _receipt(message: StoredMessage, details: Details, email: str) -> Receipt:
    return Receipt(
        id=message.id,
        campaign_id=message.campaign_id,
        user_id=message.user_id,
        email=email,
        first_name=presentable(details.first_name),
        last_name=presentable(details.last_name),
        markets=details.markets,
    )


def _retry(message: StoredMessage) -> ScoreRetry:
    return ScoreRetry(
        id=message.id, campaign_id=message.campaign_id, user_id=message.user_id, request=message.request
    )
