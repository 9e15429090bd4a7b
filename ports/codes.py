"""Where codes are kept.

Every method sees a hold that has lapsed as ended, swept or not. Raises Unavailable when the store does not
answer; what was acknowledged before that stays.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.model.codes.code import Code, CodeType, Refusal
from domain.model.codes.imports import CodeBatch, Import, Tally, Withdrawn
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.codes.reservations import Claim, Reservation
from domain.model.ids import CampaignId, ImportId, ReserveId

CodeChange = Callable[[Code], Code | Refusal]
"""A rule of the model, applied to one code: the code as it should be, or why it stays as it is. Pure, and run
again whenever somebody else changed the code first."""


class CodePool(Protocol):
    """The codes, as those who change them see them."""

    async def add(self, batch: CodeBatch) -> Tally:
        """Store the codes of ``batch`` that the campaign does not have; leave the others exactly as they are.

        Within a campaign a code exists once, whatever its type, under any race (REQ-005). Adding the same
        batch again after a failure counts as inserted what the first try had stored. A new code that looks like
        one that is there already is stored, and reported.
        """
        ...

    async def check(self, batch: CodeBatch) -> Tally:
        """What ``add`` would do with the codes of ``batch``, each of which is in it once; nothing is stored."""
        ...

    async def withdraw(self, campaign_id: CampaignId, import_id: ImportId, now: datetime) -> Withdrawn:
        """Remove the codes that this import brought and that are available now, each atomically.

        No code is removed that a claim holds, under any race. Safe to repeat.
        """
        ...

    async def claim(self, claim: Claim) -> Reservation:
        """Hold ``claim.count`` codes, all or nothing; no code is ever in two live reservations.

        A reserveId that lives already answers with the codes it holds, and is filled up where a claim was
        cut short. Raises CodesExhausted (nothing stays held) and ReservationMismatch.
        """
        ...

    async def change(
        self, campaign_id: CampaignId, codes: Sequence[str], change: CodeChange
    ) -> Mapping[str, Code | Refusal]:
        """Apply ``change`` to each code, each atomically; what each became, or why it did not."""
        ...

    async def held(self, campaign_id: CampaignId, reserve_id: ReserveId, now: datetime) -> Sequence[str]:
        """The codes this reserveId holds now, assigned ones left out."""
        ...

    async def sweep(self, now: datetime, limit: int) -> int:
        """Write down the end of up to ``limit`` lapsed holds, each once; how many that were."""
        ...


class CodeCatalogue(Protocol):
    """The codes, as those who ask about them see them."""

    async def campaigns(self, limit: int) -> Sequence[CampaignId]:
        """Up to ``limit`` campaigns that have codes."""
        ...

    async def count(self, campaign_id: CampaignId, now: datetime) -> Mapping[CodeType, StatusCounts]:
        """Every type, all counts taken at one instant of the store: each code is in exactly one of them."""
        ...

    async def get(self, campaign_id: CampaignId, code: str) -> Code | None:
        """One code with all its transitions."""
        ...

    async def page(
        self, campaign_id: CampaignId, wanted: CodeFilter, *, after: str | None, limit: int, now: datetime
    ) -> Sequence[Code]:
        """The next codes in the order of their text, beginning behind ``after``."""
        ...


class ImportLog(Protocol):
    """The runs over files, for whoever asks how far one is."""

    async def save(self, run: Import) -> None:
        """Keep the latest state of ``run``."""
        ...

    async def get(self, campaign_id: CampaignId, import_id: ImportId) -> Import | None: ...
