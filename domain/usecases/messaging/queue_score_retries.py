"""Queue the retries of fanscores that were not known."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import Channel, Relayed, Settlement
from ports.messaging import Outbox, Queue, ScoreRetry
from ports.system import Clock

RETRIES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueScoreRetries:
    """Put a job into the queue for each registration without a known fanscore."""

    outbox: Outbox
    queue: Queue
    clock: Clock

    async def __call__(self, partitions: Collection[int]) -> Relayed:
        """One pass. Raises Unavailable."""
        messages = await self.outbox.pending(Channel.RETRIES, partitions, RETRIES_AT_ONCE, self.clock.now())
        if not messages:
            return Relayed()
        await self.queue.send([_retry(message) for message in messages])
        await self.outbox.settle(Settlement(channel=Channel.RETRIES, at=self.clock.now(), passed_on=messages))
        return Relayed(passed_on=len(messages), more=len(messages) == RETRIES_AT_ONCE)


def _retry(message: StoredMessage) -> ScoreRetry:
    return ScoreRetry(
        id=message.id, campaign_id=message.campaign_id, user_id=message.user_id, request=message.request
    )
