"""How the work behind the service goes, over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.usecases.messaging.read_operations import Operations, ReadOperations, WorkingWorker
from entrypoints.http.call import Call
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Instant, Wire, instant


class OutboxBody(Wire):
    oldest_age_seconds: Annotated[float, Meta(description="How long the oldest unpublished event waits.")]
    waiting_entries: Annotated[int, Meta(description="Entries with unpublished events.")]
    parked: Annotated[int, Meta(description="Messages moved aside after their attempts.")]


class QueueBody(Wire):
    waiting: Annotated[int, Meta(description="Score retries that are due, put off or in flight; about.")]
    dead_letters: int


class WorkerBody(Wire):
    worker: str
    renewed_at: Annotated[Instant, Meta(description="When it was last known to work.")]
    lease_ends_at: Instant
    partitions: int

    @classmethod
    def of(cls, one: WorkingWorker) -> "WorkerBody":
        return cls(
            worker=one.worker,
            renewed_at=instant(one.renewed_at),
            lease_ends_at=instant(one.lease_ends_at),
            partitions=one.partitions,
        )


class OperationsBody(Wire):
    outbox: OutboxBody
    queue: QueueBody
    workers: list[WorkerBody]
    missing_indexes: Annotated[list[str], Meta(description="Missing or different: run `fangate migrate`.")]
    as_of: Instant

    @classmethod
    def of(cls, found: Operations) -> "OperationsBody":
        oldest = found.standing.oldest_event
        age = (found.as_of - oldest).total_seconds() if oldest else 0.0
        return cls(
            outbox=OutboxBody(
                oldest_age_seconds=max(0.0, age),
                waiting_entries=found.standing.waiting,
                parked=found.standing.parked,
            ),
            queue=QueueBody(waiting=found.depth.waiting, dead_letters=found.depth.dead),
            workers=[WorkerBody.of(one) for one in found.workers],
            missing_indexes=list(found.lacking),
            as_of=instant(found.as_of),
        )


@Operation(
    id="readOperations",
    method="GET",
    path="/operations",
    summary="How the work behind the service goes",
    tag="Operations",
    guard=supreme,
    scope=Scope.READ,
    use_cases=(ReadOperations,),
    answers={
        200: Answer(
            body=OperationsBody,
            description="As it is now.",
            example={
                "outbox": {"oldestAgeSeconds": 0.2, "waitingEntries": 3, "parked": 0},
                "queue": {"waiting": 0, "deadLetters": 0},
                "workers": [
                    {
                        "worker": "worker-1-4711",
                        "renewedAt": "2026-11-21T18:00:00.000Z",
                        "leaseEndsAt": "2026-11-21T18:00:30.000Z",
                        "partitions": 64,
                    }
                ],
                "missingIndexes": [],
                "asOf": "2026-11-21T18:00:05.000Z",
            },
        )
    },
)
async def read_operations(call: Call[None]) -> OperationsBody:
    return OperationsBody.of(await call.app.messaging.read_operations())
