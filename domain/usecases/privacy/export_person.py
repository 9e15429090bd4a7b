"""Export what is held of a person."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from domain.model.audit.records import AuditPosition, AuditRecord, position_of
from domain.model.draws.errors import DrawNotDrawn
from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.privacy.people import AssignedCode, Found, Place, UploadedScore, pseudonym_of
from domain.model.registrations.errors import EntryNotFound
from domain.model.registrations.history import EntryWithHistory
from domain.usecases.draws.list_own_draws import ListOwnDraws, OwnDraw
from ports.audit import AuditedPeople
from ports.privacy import PersonalData, PersonReader
from ports.system import Clock

ROWS_AT_ONCE: Final = 200
"""Rows of the audit log that are held at once. Staff may have made any number of changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    user_id: UserId
    at: datetime
    entries: Sequence[EntryWithHistory]
    scores: Sequence[UploadedScore]
    codes: Sequence[AssignedCode]
    draws: Mapping[CampaignId, Sequence[OwnDraw]]
    """By campaign, as the person may read them there."""
    audit: AsyncIterator[Sequence[AuditRecord]]
    """All rows in pages, the newest first. The first page has been read. Raises Unavailable."""
    held: Found
    """How many things each place holds, the ones above included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPerson:
    """Everything that is held of a person, over all campaigns.

    Registrations, uploaded scores, the access codes that were assigned to the person, the person's part in draws,
    and rows of the audit log are shown whole. `held` counts what each place of the store holds, also where the
    content says nothing more: parked messages, failed confirmations, budgets, rate limits, the record of published
    events.
    """

    raises: ClassVar[Refusals] = (DrawNotDrawn, InvalidValue)

    places: Mapping[Place, PersonalData]
    reader: PersonReader
    audit: AuditedPeople
    own_draws: ListOwnDraws
    clock: Clock
    key: bytes = field(repr=False)

    async def __call__(self, user_id: UserId) -> Exported:
        pseudonym = pseudonym_of(user_id, self.key)
        entries, scores, codes, newest, counts = await asyncio.gather(
            self.reader.entries(user_id),
            self.reader.scores(user_id),
            self.reader.codes(user_id),
            self._rows(user_id, None),
            asyncio.gather(*(self.places[place].count(user_id, pseudonym) for place in Place)),
        )
        return Exported(
            user_id=user_id,
            at=self.clock.now(),
            entries=entries,
            scores=scores,
            codes=codes,
            draws=await self._draws(user_id, entries),
            audit=self._pages(user_id, newest),
            held=dict(zip(Place, counts, strict=True)),
        )

    async def _draws(
        self, user_id: UserId, entries: Sequence[EntryWithHistory]
    ) -> Mapping[CampaignId, Sequence[OwnDraw]]:
        draws: dict[CampaignId, Sequence[OwnDraw]] = {}
        for held in entries:
            campaign_id = held.entry.campaign_id
            try:
                draws[campaign_id] = await self.own_draws(campaign_id, user_id)
            except EntryNotFound:
                continue  # The person has withdrawn meanwhile.
        return draws

    async def _pages(self, user_id: UserId, page: Sequence[AuditRecord]) -> AsyncIterator[Sequence[AuditRecord]]:
        while page:
            yield page
            page = await self._rows(user_id, position_of(page[-1])) if len(page) == ROWS_AT_ONCE else ()

    async def _rows(self, user_id: UserId, after: AuditPosition | None) -> Sequence[AuditRecord]:
        return await self.audit.of_person(user_id, after=after, limit=ROWS_AT_ONCE)
