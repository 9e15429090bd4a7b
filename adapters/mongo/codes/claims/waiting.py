"""Who waits for one pool, and who of them is served next."""

from typing import Final

from adapters.mongo.batching import batch_size, may_start
from adapters.mongo.codes.claims.attempt import Filling

CODES_PER_ROUND: Final = 1_000
LINGER_SECONDS: Final = 0.01
"""How long a round waits for those who were just answered: a service that assigns codes to many fans comes back
for the next at once. Without it a few callers split into a round of the first to return and one of all others."""


class Line:
    def __init__(self) -> None:
        self.waiting: list[Filling] = []
        self.rounds = 0
        self._served = 0
        self._returning = 0

    @property
    def _share(self) -> int:
        return batch_size(len(self.waiting), self._served + self._returning)

    @property
    def may_begin(self) -> bool:
        """Those who were just answered are waited for, too, for LINGER_SECONDS."""
        return may_start(self.rounds, len(self.waiting), self._share)

    @property
    def idle(self) -> bool:
        return not self.waiting and not self.rounds and not self._returning

    def join(self, filling: Filling) -> None:
        self.waiting.append(filling)
        self._returning = max(0, self._returning - 1)

    def begin(self) -> list[Filling]:
        """Who is served next, first come first; one reserveId only once, and nobody who has left."""
        group: dict[str, Filling] = {}
        wanted, share = 0, self._share
        left: list[Filling] = []
        for filling in self.waiting:
            fits = not group or (len(group) < share and wanted + filling.claim.count <= CODES_PER_ROUND)
            if filling.over:
                continue
            if fits and filling.claim.reserve_id not in group:
                group[filling.claim.reserve_id] = filling
                wanted += filling.claim.count
            else:
                left.append(filling)
        self.waiting = left
        self._served += len(group)
        return list(group.values())

    def end(self, served: int) -> None:
        self.rounds -= 1
        self._served -= served
        self._returning += served

    def give_up(self, returning: int) -> None:
        """LINGER_SECONDS after their round ended, they are not waited for any more."""
        self._returning = max(0, self._returning - returning)
