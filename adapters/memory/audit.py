"""The audit log in this process's memory."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.model.audit.records import (
    AuditFilter,
    AuditId,
    AuditPosition,
    AuditRecord,
    Facts,
    position_of,
)
from domain.model.ids import UserId
from ports.audit import Begun


class MemoryAuditLog:
    """No method gives up the event loop before it is done, so each is atomic. Rows are frozen, but their facts are
    not: they are copied on the way in and out."""

    def __init__(self) -> None:
        self._records: dict[AuditId, AuditRecord] = {}

    async def begin(self, record: AuditRecord) -> Begun:
        stored = self._records.get(record.id)
        if stored is not None:
            return Begun.OPEN if stored.outcome is None else Begun.COMPLETE
        self._records[record.id] = _copy(record)
        return Begun.NEW

    async def complete(self, id: AuditId, outcome: Facts) -> bool:
        stored = self._records.get(id)
        if stored is None or stored.outcome is not None:
            return False
        self._records[id] = replace(stored, outcome=dict(outcome))
        return True

    async def expect(self, by: UserId) -> None:
        """Nothing to remember: an erasure reads all codes."""

    async def append(self, record: AuditRecord) -> bool:
        if record.id in self._records:
            return False
        self._records[record.id] = _copy(record)
        return True

    async def page(self, wanted: AuditFilter, *, after: AuditPosition | None, limit: int) -> Sequence[AuditRecord]:
        return _newest((one for one in self._records.values() if wanted.admits(one)), after, limit)

    async def of_person(
        self, user_id: UserId, *, after: AuditPosition | None, limit: int
    ) -> Sequence[AuditRecord]:
        return _newest(self._of(user_id), after, limit)

    async def count_of_person(self, user_id: UserId) -> int:
        return sum(1 for _ in self._of(user_id))

    async def replace_person(self, user_id: UserId, pseudonym: UserId) -> int:
        found = list(self._of(user_id))
        self._records.update({one.id: one.replace_person(user_id, pseudonym) for one in found})
        return len(found)

    def _of(self, user_id: UserId) -> Iterator[AuditRecord]:
        return (one for one in self._records.values() if one.concerns(user_id))


def _copy(record: AuditRecord) -> AuditRecord:
    outcome = None if record.outcome is None else dict(record.outcome)
    return replace(record, asked=dict(record.asked), outcome=outcome)


def _newest(records: Iterator[AuditRecord], after: AuditPosition | None, limit: int) -> Sequence[AuditRecord]:
    behind = (one for one in records if after is None or position_of(one) < after)
    return [_copy(one) for one in heapq.nlargest(limit, behind, key=position_of)]
