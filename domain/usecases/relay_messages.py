"""Pass on what changes of registrations left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.entries import EntryEvent, Errand
from domain.model.events import StoredMessage
from ports.events import EventStream, Outbox
from ports.queues import RetryQueue
from ports.receipts import Receipts

RELAY_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayMessages:
    """Publish events and run errands, in order for each entry, at least once (entry-service REQ-010).

    A message is forgotten only after it was passed on: whatever crashes in between is passed on again.
    """

    outbox: Outbox
    stream: EventStream
    queue: RetryQueue
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
        await self.stream.publish([message for message in messages if isinstance(message.about, EntryEvent)])
        for message in messages:
            match message.about:
                case Errand.RETRY_FANSCORE:
                    await self.queue.send(message)
                case Errand.SEND_RECEIPT:
                    await self.receipts.send(message)
                case _:
                    pass  # An event, published above.
