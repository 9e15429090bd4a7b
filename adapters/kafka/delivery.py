"""What one call of ``publish`` still has to send."""

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
"""As Java's clients do, so that whoever else writes to the topic agrees."""

Lane = deque[OutgoingEvent]
"""What waits for one partition."""


class Delivery:
    """Each partition is sent one batch at a time, and none before the last one is stored: whatever is wrong with
    a batch, nothing can overtake it. aiokafka itself has no more than one of a partition on its way.
    """

    def __init__(self, topic: str, events: Sequence[OutgoingEvent]) -> None:
        self._topic = topic
        self._singly = False
        """A batch was too large for the broker: now it is to be seen which event is."""
        self.waiting: Sequence[OutgoingEvent] = events
        self.refused: list[Refused] = []

    async def send(self, producer: Producer) -> None:
        """Send what waits. Raises KafkaError; what then still waits can be sent by another producer."""
        lanes = self._lanes(sorted(await producer.kafka.partitions_for(self._topic)))
        outcomes = await asyncio.gather(
            *(self._drain(producer, partition, lane) for partition, lane in lanes.items()), return_exceptions=True
        )
        self.waiting = [event for lane in lanes.values() for event in lane]
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    def _lanes(self, partitions: Sequence[int]) -> dict[int, Lane]:
        lanes: defaultdict[int, Lane] = defaultdict(deque)
        for event in self.waiting:
            lanes[_choose(event.key.encode(), partitions, partitions)].append(event)
        return lanes

    async def _drain(self, producer: Producer, partition: int, lane: Lane) -> None:
        while lane:
            batch = self._first_of(lane, producer)
            try:
                await (await producer.kafka.send_batch(batch, self._topic, partition=partition))
            except _TOO_LARGE:
                if batch.record_count() == 1:
                    self._refuse_first_of(lane)
                self._singly = True
                raise
            for _ in range(batch.record_count()):
                lane.popleft()

    def _first_of(self, lane: Lane, producer: Producer) -> Any:
        """A batch of as many as fit; the first always does."""
        batch = producer.kafka.create_batch()
        for event in lane:
            headers = [_CONTENT_TYPE]
            if event.traceparent is not None:
                headers.append(("traceparent", event.traceparent.encode()))
            full = batch.append(timestamp=None, key=event.key.encode(), value=event.body, headers=headers) is None
            if full or self._singly:
                break
        batch.close()  # It is sent at once then, without lingering for more.
        return batch

    def _refuse_first_of(self, lane: Lane) -> None:
        first = lane.popleft()
        rest = list(lane)
        lane.clear()
        self.refused.append(Refused(id=first.id, reason=TOO_LARGE))
        for event in rest:
            if event.key == first.key:
                self.refused.append(Refused(id=event.id, reason=BEHIND))
            else:
                lane.append(event)
