"""Release held codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.codes.code import Code, Refusal
from domain.model.errors import Refusals
from domain.model.ids import CampaignId, ReserveId, UserId
from ports.codes import CodePool
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCodesCommand:
    campaign_id: CampaignId
    reserve_id: ReserveId
    codes: Sequence[str] | None = field(default=None, repr=False)
    """None: all codes that the reservation still holds."""
    by: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReleased:
    code: str = field(repr=False)
    reason: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    count: int
    rejected: Sequence[NotReleased]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCodes:
    """Give codes of a reservation back to the pool: the named codes, or all that it still holds.

    Only reserved codes are released, never assigned ones. A repeat releases nothing and is not an error
    (code-service, "Code Status Lifecycle").
    """

    raises: ClassVar[Refusals] = ()

    pool: CodePool
    clock: Clock

    async def __call__(self, command: ReleaseCodesCommand) -> Released:
        now = self.clock.now()
        named = command.codes is not None
        codes = command.codes
        if codes is None:
            codes = await self.pool.held(command.campaign_id, command.reserve_id, now)

        def release(code: Code) -> Code | Refusal:
            return code.release(command.reserve_id, now, command.by)

        outcome = await self.pool.change(command.campaign_id, list(dict.fromkeys(codes)), release)
        rejected = [
            NotReleased(code=code, reason=result)
            for code, result in outcome.items()
            if named and isinstance(result, Refusal)
        ]
        released = sum(isinstance(result, Code) for result in outcome.values())
        return Released(count=released, rejected=rejected)
