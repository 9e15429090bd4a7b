"""Mail the receipts of confirmed registrations."""

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
from ports.messaging import Outbox
from ports.neighbours import Receipt, Receipts, Users
from ports.system import Clock, set_current_request

RECEIPTS_AT_ONCE: Final = 16
REFUSED: Final = "the mailer refused the receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReceipts:
    """Mail the receipts: one for each entry, if the mailer recognizes repeats (entry-service REQ-008).

    A receipt goes to the address of the account. The address in the registration is used only if the account has
    none, because a fan may have typed the address of another person. A receipt that cannot be sent now is put off,
    for longer each time, and never given up. A receipt that the mailer refuses for good is parked.
    """

    outbox: Outbox
    entries: EntryStore
    users: Users
    receipts: Receipts
    clock: Clock

    async def __call__(self, partitions: Collection[int]) -> Relayed:
        """One pass. Raises Unavailable when the store does not answer."""
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
        set_current_request(message.request)  # ``gather`` runs each in a task of its own.
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
        except Exception as error:  # noqa: BLE001  # one receipt must not stop the others
            return Parked(
                message=counted, reason=f"the mailer failed: {type(error).__name__}", since=self.clock.now()
            )
        return Parked(message=counted, reason=REFUSED, since=self.clock.now())

    async def _receipt(self, message: StoredMessage, entry: Entry | None) -> Receipt | None:
        """None if there is no address."""
        try:
            fan = await self.users.get(message.user_id)
        except UserNotFound:
            return None
        if entry is None or (email := fan.email or entry.details.email) is None:
            return None
        return _receipt(message, entry.details, email)


@dataclass(frozen=True, slots=True)
class _Unaddressed:
    """A receipt without an address."""

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
