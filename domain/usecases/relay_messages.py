"""Pass on what changes of registrations left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.cloud_events import outgoing
from domain.model.entries import EntryEvent, Errand
from domain.model.events import StoredMessage
from ports.entries import EntryStore
from ports.events import EventStream, Outbox
from ports.queues import Queue, ScoreRetry
from ports.realtime import Realtime
from ports.receipts import Receipt, Receipts

RELAY_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayMessages:
    """Publish events and run errands, in order for each entry, at least once (entry-service REQ-010).

    A message is forgotten only after it was passed on: whatever crashes in between is passed on again.
    """

    outbox: Outbox
    entries: EntryStore
    stream: EventStream
    realtime: Realtime
    queue: Queue
    receipts: Receipts

    async def __call__(self) -> int:
        """How many messages were passed on. Raises Unavailable."""
        relayed = 0
        while messages := await self.outbox.pending(RELAY_BATCH):
            await self._pass_on(messages)
            await self.outbox.done(messages)
            relayed += len(messages)
        return relayed

    async def _pass_on(self, messages: Sequence[StoredMessage]) -> None:
        await self.stream.publish(
            [outgoing(message) for message in messages if isinstance(message.about, EntryEvent)]
        )
        for message in messages:
            match message.about:
                case Errand.RETRY_FANSCORE:
                    await self.queue.send([_retry(message)])
                case Errand.SEND_RECEIPT:
                    await self._send_receipt(message)
                case _:
                    pass  # An event, published above.

    async def _send_receipt(self, message: StoredMessage) -> None:
        entry = await self.entries.get(message.campaign_id, message.user_id)
        if entry is None or entry.details.email is None:
            return
        await self.receipts.send(
            Receipt(
                id=message.id,
                campaign_id=message.campaign_id,
                user_id=message.user_id,
                email=entry.details.email,
                first_name=entry.details.first_name,
                last_name=entry.details.last_name,
                markets=entry.details.markets,
            )
        )


def _retry(message: StoredMessage) -> ScoreRetry:
    return ScoreRetry(
        id=message.id, campaign_id=message.campaign_id, user_id=message.user_id, origin=message.origin
    )
