"""The claims that wait for one pool, and which of them the next batch serves."""

from typing import Final

from adapters.mongo.batching import batch_size, may_start
from adapters.mongo.codes.claims.attempt import ClaimAttempt

CODES_PER_BATCH: Final = 1_000
LINGER_SECONDS: Final = 0.01
"""How long a batch waits for callers that were just answered: a service that assigns codes to many fans comes back
for the next code at once. Without this, a few callers split into a batch of the first and a batch of all others.
"""


class ClaimQueue:
    def __init__(self) -> None:
        self._waiting: list[ClaimAttempt] = []
        self._batches = 0
        self._in_flight = 0
        self._returning = 0

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._batches and not self._returning

    @property
    def may_start(self) -> bool:
        """Callers that were just answered count as if they waited, so a batch waits for them, too."""
        return may_start(self._batches, len(self._waiting), self._size)

    @property
    def _size(self) -> int:
        return batch_size(len(self._waiting), self._in_flight + self._returning)

    def join(self, attempt: ClaimAttempt) -> None:
        self._waiting.append(attempt)
        self._returning = max(0, self._returning - 1)

    def start_batch(self) -> None:
        """Count the batch now; it takes its claims a little later, and with them those that come meanwhile."""
        self._batches += 1

    def next_batch(self) -> list[ClaimAttempt]:
        """First come, first served; each reserveId only once, and no claim that is over."""
        batch: dict[str, ClaimAttempt] = {}
        codes, size = 0, self._size
        left: list[ClaimAttempt] = []
        for attempt in self._waiting:
            if attempt.over:
                continue
            claim = attempt.claim
            fits = not batch or (len(batch) < size and codes + claim.count <= CODES_PER_BATCH)
            if fits and claim.reserve_id not in batch:
                batch[claim.reserve_id] = attempt
                codes += claim.count
            else:
                left.append(attempt)
        self._waiting = left
        self._in_flight += len(batch)
        return list(batch.values())

    def end_batch(self, served: int) -> None:
        self._batches -= 1
        self._in_flight -= served
        self._returning += served

    def stop_waiting_for(self, returning: int) -> None:
        """LINGER_SECONDS after their batch, its callers are not expected any more."""
        self._returning = max(0, self._returning - returning)
