"""Publish the events of registrations."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from domain.model.cloud_events import OutgoingEvent, outgoing
from domain.model.errors import DomainError
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import (
    MAX_ATTEMPTS,
    Channel,
    Parked,
    Postponed,
    Relayed,
    Settlement,
    pause_after,
)
from ports.events import BEHIND, EventStream, Refused
from ports.messaging import Outbox
from ports.neighbours import LiveUpdates
from ports.system import Clock

EVENTS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayEvents:
    """Publish events, in order for each entry, at least once (entry-service REQ-010).

    An event is forgotten only after it was published, so after a crash it is published again. An event that the
    stream refuses is tried again after growing pauses, and blocks the later events of its entry. An event that was
    refused too often is parked, and the later ones go on.
    """

    outbox: Outbox
    stream: EventStream
    live_updates: LiveUpdates
    clock: Clock
    personal: bool = True
    """Publish the fan's phone, mail address, name and attributes."""

    async def __call__(self, partitions: Collection[int]) -> Relayed:
        """One pass. Raises Unavailable, which counts as no attempt."""
        messages = await self.outbox.pending(Channel.EVENTS, partitions, EVENTS_AT_ONCE, self.clock.now())
        if not messages:
            return Relayed()
        events = [outgoing(message, personal=self.personal) for message in messages]
        refused = {one.id: one.reason for one in await self._publish(events)}
        settlement = _settlement(messages, refused, self.clock.now())
        if settlement.passed_on or settlement.postponed or settlement.parked:
            await self.outbox.settle(settlement)
        self.live_updates.announce([event for event in events if event.id not in refused])
        return Relayed(
            passed_on=len(settlement.passed_on),
            postponed=len(settlement.postponed),
            parked=settlement.parked,
            more=len(messages) == EVENTS_AT_ONCE or bool(settlement.parked),
        )

    async def _publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        try:
            return await self.stream.publish(events)
        except DomainError:
            raise
        except Exception:  # noqa: BLE001  # any package may bring a stream, and one event must not stop the others
            return await self._publish_singly(events)

    async def _publish_singly(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        """An event makes the stream raise an unexpected error: find out which one."""
        refused: list[Refused] = []
        stuck: set[str] = set()
        for event in events:
            if event.key in stuck:
                refused.append(Refused(id=event.id, reason=BEHIND))
            elif answer := await self._publish_one(event):
                refused += answer
                stuck.add(event.key)
        return refused

    async def _publish_one(self, event: OutgoingEvent) -> Sequence[Refused]:
        try:
            return await self.stream.publish([event])
        except DomainError:
            raise
        except Exception as error:  # noqa: BLE001  # as above
            return [Refused(id=event.id, reason=f"the stream failed: {type(error).__name__}")]


def _settlement(messages: Sequence[StoredMessage], refused: Mapping[str, str], now: datetime) -> Settlement:
    postponed: list[Postponed] = []
    parked: list[Parked] = []
    for message in messages:
        reason = refused.get(message.id, BEHIND)
        if reason == BEHIND:
            continue
        counted = replace(message, attempts=message.attempts + 1)
        if counted.attempts >= MAX_ATTEMPTS:
            parked.append(Parked(message=counted, reason=reason, since=now))
        else:
            pause = pause_after(counted.attempts) * random.uniform(0.5, 1)
            postponed.append(Postponed(message=counted, until=now + pause))
    return Settlement(
        channel=Channel.EVENTS,
        at=now,
        passed_on=[message for message in messages if message.id not in refused],
        postponed=postponed,
        parked=parked,
    )
