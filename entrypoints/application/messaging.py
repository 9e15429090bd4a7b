"""The use cases of messages: what changes left is published, queued and mailed by a worker."""

from dataclasses import dataclass

from domain.usecases.messaging.drop_dead_letters import DropDeadLetters
from domain.usecases.messaging.list_messages import ListMessages
from domain.usecases.messaging.list_parked import ListParked
from domain.usecases.messaging.queue_score_retries import QueueScoreRetries
from domain.usecases.messaging.read_operations import ReadOperations
from domain.usecases.messaging.relay_events import RelayEvents
from domain.usecases.messaging.retry_parked import RetryParked
from domain.usecases.messaging.retry_scores import RetryScores
from domain.usecases.messaging.send_receipts import SendReceipts
from entrypoints.application.needs import Neighbours
from entrypoints.config.settings import Settings
from ports.messaging import CountedQueue, Outbox
from ports.stores import Stores
from ports.system import Clock, Leases


@dataclass(frozen=True, slots=True, kw_only=True)
class Messaging:
    relay_events: RelayEvents
    queue_score_retries: QueueScoreRetries
    retry_scores: RetryScores
    drop_dead_letters: DropDeadLetters
    send_receipts: SendReceipts
    list_parked: ListParked
    list_messages: ListMessages
    retry_parked: RetryParked
    read_operations: ReadOperations
    outbox: Outbox
    leases: Leases
    queue: CountedQueue


def build_messaging(settings: Settings, stores: Stores, neighbours: Neighbours, clock: Clock) -> Messaging:
    outbox, entries = stores.outbox, stores.entries
    return Messaging(
        relay_events=RelayEvents(
            outbox=outbox,
            stream=neighbours.stream,
            live_updates=neighbours.live_updates,
            clock=clock,
            personal=settings.event_personal == "full",
        ),
        queue_score_retries=QueueScoreRetries(outbox=outbox, queue=neighbours.queue, clock=clock),
        retry_scores=RetryScores(fanscore=neighbours.fanscore, entries=entries, clock=clock),
        drop_dead_letters=DropDeadLetters(queue=neighbours.queue, entries=entries),
        send_receipts=SendReceipts(
            outbox=outbox, entries=entries, users=neighbours.users, receipts=neighbours.receipts, clock=clock
        ),
        list_parked=ListParked(outbox=outbox),
        list_messages=ListMessages(outbox=outbox),
        retry_parked=RetryParked(outbox=outbox),
        read_operations=ReadOperations(
            outbox=outbox,
            queue=neighbours.queue,
            leases=stores.leases,
            store=stores,
            clock=clock,
            lease=settings.relay_lease,
        ),
        outbox=outbox,
        leases=stores.leases,
        queue=neighbours.queue,
    )
