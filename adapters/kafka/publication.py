"""The events of one call of ``publish`` that are still to be sent."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any, Final

from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from adapters.kafka.producers import Producer
from domain.model.cloud_events import MEDIA_TYPE, OutgoingEvent
from ports.events import BEHIND, TOO_LARGE, Refused

_CONTENT_TYPE: Final = ("content-type", MEDIA_TYPE.encode())
_TOO_LARGE: Final = (MessageSizeTooLargeError, RecordListTooLargeError)
_choose: Final = DefaultPartitioner()
"""Java's clients choose partitions in the same way, so other writers of the topic agree."""

Backlog = deque[OutgoingEvent]
"""The events that wait for one partition of the topic."""


class Publication:
    """Sends one batch at a time to each partition, and the next only when the last is stored. So no event can
    overtake another, even when a batch fails. aiokafka itself has one batch of a partition in flight at most.
    """

    def __init__(self, topic: str, events: Sequence[OutgoingEvent]) -> None:
        self._topic = topic
        self._singly = False
        """A batch was too large for the broker: send each event alone, to find the one that is too large."""
        self.waiting: Sequence[OutgoingEvent] = events
        self.refused: list[Refused] = []

    async def send(self, producer: Producer) -> None:
        """Send what waits. Raises KafkaError; another producer can then send what still waits."""
        backlogs = self._backlogs(sorted(await producer.kafka.partitions_for(self._topic)))
        outcomes = await asyncio.gather(
            *(self._drain(producer, partition, backlog) for partition, backlog in backlogs.items()),
            return_exceptions=True,
        )
        self.waiting = [event for backlog in backlogs.values() for event in backlog]
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    def _backlogs(self, partitions: Sequence[int]) -> dict[int, Backlog]:
        backlogs: defaultdict[int, Backlog] = defaultdict(deque)
        for event in self.waiting:
            backlogs[_choose(event.key.encode(), partitions, partitions)].append(event)
        return backlogs

    async def _drain(self, producer: Producer, partition: int, backlog: Backlog) -> None:
        while backlog:
            batch = self._first_of(backlog, producer)
            try:
                await (await producer.kafka.send_batch(batch, self._topic, partition=partition))
            except _TOO_LARGE:
                if batch.record_count() == 1:
                    self._refuse_first_of(backlog)
                self._singly = True
                raise
            for _ in range(batch.record_count()):
                backlog.popleft()

    def _first_of(self, backlog: Backlog, producer: Producer) -> Any:
        """A batch of as many events as fit; the first always does."""
        batch = producer.kafka.create_batch()
        for event in backlog:
            headers = [_CONTENT_TYPE]
            if event.traceparent is not None:
                headers.append(("traceparent", event.traceparent.encode()))
            full = batch.append(timestamp=None, key=event.key.encode(), value=event.body, headers=headers) is None
            if full or self._singly:
                break
        batch.close()  # A closed batch is sent at once, without lingering for more events.
        return batch

    def _refuse_first_of(self, backlog: Backlog) -> None:
        first = backlog.popleft()
        rest = list(backlog)
        backlog.clear()
        self.refused.append(Refused(id=first.id, reason=TOO_LARGE))
        for event in rest:
            if event.key == first.key:
                self.refused.append(Refused(id=event.id, reason=BEHIND))
            else:
                backlog.append(event)
