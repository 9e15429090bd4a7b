"""Put parked messages back, so that they are tried again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from ports.messaging import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryParked:
    """Put parked messages back, before the other messages of their entries. A worker then passes them on."""

    raises: ClassVar[Refusals] = ()

    outbox: Outbox

    async def __call__(self, ids: Collection[str] | None) -> Sequence[str]:
        """None means all. Returns the ids that were parked and are put back."""
        return await self.outbox.put_back(ids)
