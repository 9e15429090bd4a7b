"""Assign held codes to fans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from domain.model.codes.code import Code, Refusal
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, ReserveId, UserId
from ports.codes import CodePool
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    code: str = field(repr=False)
    user_id: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCodesCommand:
    campaign_id: CampaignId
    reserve_id: ReserveId
    assignments: Sequence[Assignment]
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    assignment: Assignment
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAssigned:
    assignment: Assignment
    reason: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCodes:
    """Assign codes of a reservation to fans, for ever. An assigned code is never released or assigned again.

    Each code is decided separately: codes that cannot be assigned are listed with the reason, and the others are
    assigned. A repeat for the same fan succeeds and returns the first time of assignment (code-service, "Code
    Status Lifecycle").
    """

    raises: ClassVar[Refusals] = (InvalidValue,)

    pool: CodePool
    clock: Clock

    async def __call__(self, command: AssignCodesCommand) -> Sequence[Assigned | NotAssigned]:
        """The results, in the order of the command. Raises InvalidValue when a code is named for two fans."""
        owners = _owners(command.assignments)
        now = self.clock.now()

        def assign(code: Code) -> Code | Refusal:
            return code.assign(command.reserve_id, owners[code.text], now, command.by)

        outcome = await self.pool.change(command.campaign_id, list(owners), assign)
        return [_result(assignment, outcome[assignment.code]) for assignment in command.assignments]


def _owners(assignments: Sequence[Assignment]) -> dict[str, UserId]:
    owners: dict[str, UserId] = {}
    for index, assignment in enumerate(assignments):
        if owners.setdefault(assignment.code, assignment.user_id) != assignment.user_id:
            raise InvalidValue(f"assignments.{index}.code", "is also assigned to another user in this request")
    return owners


def _result(assignment: Assignment, outcome: Code | Refusal) -> Assigned | NotAssigned:
    if isinstance(outcome, Refusal):
        return NotAssigned(assignment=assignment, reason=outcome)
    assert outcome.assigned_at is not None
    return Assigned(assignment=assignment, at=outcome.assigned_at)
