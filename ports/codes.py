"""Stores of codes and imports.

Every method treats a lapsed hold as ended, also before the sweep. Every method raises Unavailable when the store
does not answer. Writes that were acknowledged before stay.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.model.codes.code import Code, CodeType, Refusal
from domain.model.codes.imports import CodeBatch, Import, ImportPosition, Tally, Withdrawn
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.codes.reservations import Claim, Reservation
from domain.model.ids import CampaignId, ImportId, ReserveId, UserId

CodeChange = Callable[[Code], Code | Refusal]
"""A rule of the model for one code: returns the changed code, or the reason why it does not change. It must be
pure: it runs again when another request changed the code first."""


class CodePool(Protocol):
    """The codes of all campaigns: operations that change codes."""

    async def add(self, batch: CodeBatch) -> Tally:
        """Store the codes of ``batch`` that the campaign does not have. The others are not changed.

        A code exists once in a campaign, for both types together, under any race (code-service REQ-005). When a
        batch is added again after a failure, codes that the first try stored count as inserted. A new code that
        looks like an existing one is stored and reported.
        """
        ...

    async def check(self, batch: CodeBatch) -> Tally:
        """The result that ``add`` would have for ``batch``, without storing anything. Each code is in ``batch``
        once."""
        ...

    async def withdraw(self, campaign_id: CampaignId, import_id: ImportId, now: datetime) -> Withdrawn:
        """Remove the codes of this import that are available now, each atomically.

        A code that a claim holds is never removed, under any race. Idempotent.
        """
        ...

    async def claim(self, claim: Claim) -> Reservation:
        """Hold ``claim.count`` codes, all or nothing. A code is never in two reservations that have not lapsed.

        A repeat with the same reserveId returns the codes that it holds. When an earlier claim was interrupted,
        the repeat adds the missing codes. Raises CodesExhausted (then no code stays held) and ReservationMismatch.
        """
        ...

    async def change(
        self, campaign_id: CampaignId, codes: Sequence[str], change: CodeChange
    ) -> Mapping[str, Code | Refusal]:
        """Apply ``change`` to each code atomically. Returns the new code, or the reason, for each."""
        ...

    async def held(self, campaign_id: CampaignId, reserve_id: ReserveId, now: datetime) -> Sequence[str]:
        """The codes that this reserveId holds now, without assigned codes."""
        ...

    async def sweep(self, now: datetime, limit: int) -> int:
        """Store the end of up to ``limit`` lapsed holds, each once. Returns their number."""
        ...


class CodeCatalogue(Protocol):
    """The codes of all campaigns: read-only queries."""

    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        """Up to ``limit`` campaigns that have codes, in the order of their ids, behind ``after``."""
        ...

    async def count(self, campaign_id: CampaignId, now: datetime) -> Mapping[CodeType, StatusCounts]:
        """The counts of each type, all taken at the same instant: each code is in exactly one count."""
        ...

    async def get(self, campaign_id: CampaignId, code: str) -> Code | None:
        """One code with all its transitions."""
        ...

    async def campaigns_with(self, campaigns: Sequence[CampaignId], code: str) -> Sequence[CampaignId]:
        """Those of the campaigns that have this code, in their order. One read for up to a thousand campaigns."""
        ...

    async def holders(self, campaign_id: CampaignId, type: CodeType, fans: Sequence[UserId]) -> Collection[UserId]:
        """The fans, of these, who have an assigned code of this type."""
        ...

    async def page(
        self, campaign_id: CampaignId, wanted: CodeFilter, *, after: str | None, limit: int, now: datetime
    ) -> Sequence[Code]:
        """The next codes behind ``after``, in the order of their text."""
        ...


class ImportLog(Protocol):
    """The states of imports."""

    async def save(self, run: Import) -> None:
        """Store the current state of ``run``."""
        ...

    async def get(self, campaign_id: CampaignId, import_id: ImportId) -> Import | None: ...

    async def page(self, campaign_id: CampaignId, *, after: ImportPosition | None, limit: int) -> Sequence[Import]:
        """The next imports behind ``after``, the newest first."""
        ...
