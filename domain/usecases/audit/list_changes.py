"""Read the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.audit.records import AuditFilter, AuditPosition, AuditRecord, position_of
from domain.model.errors import Refusals
from ports.audit import AuditLog


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    records: Sequence[AuditRecord]
    next: AuditPosition | None
    """Behind which the next page begins; None on the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanges:
    """The changes that staff made, newest first: who, when, what was asked, what came of it.

    Each change has one record, stored before its answer went out. `asked` and `outcome` have ids, counts and
    filters; never a phone, a mail address, a code or a token. The `result` in `outcome` is `done`, `failed` with
    the code of the `problem`, or `unknown`: the change is under way, or its process ended before it could record
    the outcome.
    """

    raises: ClassVar[Refusals] = ()

    log: AuditLog

    async def __call__(self, wanted: AuditFilter, *, after: AuditPosition | None, limit: int) -> ChangePage:
        records = await self.log.page(wanted, after=after, limit=limit + 1)
        more = len(records) > limit
        return ChangePage(records=records[:limit], next=position_of(records[limit - 1]) if more else None)
