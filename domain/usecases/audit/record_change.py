"""Make a change that staff asked for, and leave its row in the audit log."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, NamedTuple, TypeVar

from domain.model.audit.changes import Audited, Outcome, failed, plain
from domain.model.audit.records import AuditId, AuditRecord, Facts, new_audit_id
from domain.model.errors import DomainError, Refusals, Unavailable
from domain.model.ids import CampaignId, UserId
from ports.audit import AuditLog, Begun
from ports.system import Clock, CurrentRequest

C = TypeVar("C")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """Make a change, so that its result is returned only when its row is stored.

    The row is stored before the change, without an outcome, and completed after it. A process that ends in between
    leaves a row that says that the outcome is not known. The changes of frequent operations store their caller
    themselves; such operations get one row, after the change, and the caller is noted before it. A command that is
    refused has a row that says so; a frequent one and a dry run have none.

    The same command of the same caller under the same request id is the same change, and has one row. When a
    repeat changes something again, a client uses one request id for several requests: then it gets another row.
    """

    raises: ClassVar[Refusals] = ()

    log: AuditLog
    clock: Clock
    request: CurrentRequest
    key: bytes = field(repr=False)
    """The key of the ids of rows: an id must not tell what was asked."""

    async def __call__(
        self,
        audited: Audited[C, R],
        command: C,
        change: Callable[[C], Awaitable[R]],
        *,
        by: UserId,
        campaign_id: CampaignId | None,
    ) -> R:
        """The result of ``change``. Raises what it raises, and Unavailable when the row cannot be stored."""
        asked = audited.asked(command)
        if asked is None:
            return await change(command)
        request_id = self.request().request_id
        attempt = _Attempt(audited.operation, self.clock.now(), by, campaign_id, request_id, asked)
        if audited.repeats is None:
            return await self._around(audited, attempt, command, change)
        return await self._behind(audited, attempt, command, change)

    async def _around(
        self, audited: Audited[C, R], attempt: "_Attempt", command: C, change: Callable[[C], Awaitable[R]]
    ) -> R:
        """One write before the change, one after it."""
        id = self._id(attempt, json.dumps(plain(command), sort_keys=True))
        begun = await self.log.begin(attempt.row(id, None))
        try:
            result = await change(command)
        except DomainError as error:
            # An earlier attempt may have made the change, and this one be refused for it.
            if begun is Begun.NEW and not _leaves_in_doubt(error):
                await self.log.complete(id, failed(error.code))
            raise
        outcome = audited.outcome(result)
        completed = begun is not Begun.COMPLETE and await self.log.complete(id, outcome.facts)
        if not completed and outcome.changed:
            await self._add(attempt, outcome)
        return result

    async def _behind(
        self, audited: Audited[C, R], attempt: "_Attempt", command: C, change: Callable[[C], Awaitable[R]]
    ) -> R:
        """One write, after the change."""
        assert audited.repeats is not None
        await self.log.expect(attempt.by)
        result = await change(command)
        outcome = audited.outcome(result)
        id = self._id(attempt, audited.repeats(command, result))
        if not await self.log.append(attempt.row(id, outcome.facts)) and outcome.changed:
            await self._add(attempt, outcome)
        return result

    async def _add(self, attempt: "_Attempt", outcome: Outcome) -> None:
        """Another change under the request id of an earlier one."""
        await self.log.append(attempt.row(new_audit_id(), outcome.facts))

    def _id(self, attempt: "_Attempt", change: str) -> AuditId:
        """The same for a repeat, and for nothing else."""
        if attempt.request_id is None:
            return new_audit_id()
        parts = (attempt.by, attempt.operation, attempt.campaign_id or "", attempt.request_id, change)
        text = "\n".join(parts).encode(errors="surrogatepass")
        digest = hashlib.blake2b(text, digest_size=16, key=self.key, person=b"fangate audit")
        return AuditId(digest.hexdigest())


class _Attempt(NamedTuple):
    """What is known of a change before it is made."""

    operation: str
    at: datetime
    by: UserId
    campaign_id: CampaignId | None
    request_id: str | None
    asked: Facts

    def row(self, id: AuditId, outcome: Facts | None) -> AuditRecord:
        return AuditRecord(
            id=id,
            at=self.at,
            by=self.by,
            operation=self.operation,
            campaign_id=self.campaign_id,
            request_id=self.request_id,
            asked=self.asked,
            outcome=outcome,
        )


def _leaves_in_doubt(error: DomainError) -> bool:
    """A store that does not answer may have made the change all the same."""
    return isinstance(error, Unavailable) and error.part == "store"
