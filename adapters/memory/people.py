"""What this process's memory holds of persons."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.memory.audit import MemoryAuditLog
from adapters.memory.budgets import MemoryFanBudgets
from adapters.memory.codes import MemoryCodeStore
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.imports import MemoryImportLog
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.phones import MemoryPhoneBook
from adapters.memory.rate_limits import MemoryRateLimits
from domain.model.ids import UserId
from domain.model.privacy.people import AssignedCode, Place, UploadedScore
from domain.model.registrations.history import EntryWithHistory
from ports.audit import AuditedPeople
from ports.privacy import PersonalData


async def _none(_: UserId) -> int:
    return 0


async def _nothing(_: UserId, __: UserId, ___: datetime) -> None:
    return None


def replacing(audit: AuditedPeople) -> PersonalData:
    async def erase(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        await audit.replace_person(user_id, pseudonym)

    return PersonalData.found_by_id(audit.count_of_person, erase)


def scores_of(entries: MemoryEntryStore) -> PersonalData:
    """They are on the entries, and are gone with them."""

    async def count(user_id: UserId) -> int:
        found = [one.entry for one in await entries.entries_of(user_id)]
        return sum(entry.score is not None for entry in found)

    return PersonalData.found_by_id(count, _nothing)


def renaming_histories(entries: MemoryEntryStore) -> PersonalData:
    async def count(user_id: UserId) -> int:
        return sum(len(histories.changed_by(user_id)) for histories in entries.histories())

    async def erase(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        for histories in entries.histories():
            histories.rename(user_id, pseudonym)

    return PersonalData.found_by_id(count, erase)


def personal_data(
    *,
    entries: MemoryEntryStore,
    outbox: MemoryOutbox,
    phone_book: MemoryPhoneBook,
    budgets: MemoryFanBudgets,
    limits: MemoryRateLimits,
    codes: MemoryCodeStore,
    imports: MemoryImportLog,
    audit: MemoryAuditLog,
) -> Mapping[Place, PersonalData]:
    """Of published events, memory keeps only the ids."""
    return {
        Place.ENTRIES: PersonalData.found_by_id(entries.count_of_person, entries.erase),
        Place.HISTORIES: renaming_histories(entries),
        Place.SCORING: scores_of(entries),
        Place.PARKED: PersonalData.found_by_id(outbox.count_parked_of, outbox.erase_parked_of),
        Place.PHONE_FAILURES: PersonalData.found_by_id(phone_book.count_of_person, phone_book.erase),
        Place.BUDGETS: PersonalData.found_by_id(budgets.count_of_person, budgets.erase),
        Place.RATE_LIMITS: PersonalData.found_by_id(limits.count_of_person, limits.erase),
        Place.CODES: PersonalData.found_by_id(codes.count_of_person, codes.erase),
        Place.IMPORTS: PersonalData.found_by_id(imports.count_of_person, imports.erase),
        Place.PUBLISHED: PersonalData.found_by_id(_none, _nothing),
        Place.AUDIT: replacing(audit),
    }


class MemoryPersonReader:
    def __init__(self, entries: MemoryEntryStore, codes: MemoryCodeStore) -> None:
        self._entries = entries
        self._codes = codes

    async def entries(self, user_id: UserId) -> Sequence[EntryWithHistory]:
        return await self._entries.entries_of(user_id)

    async def scores(self, user_id: UserId) -> Sequence[UploadedScore]:
        """Uploads are not kept: the score is on the entry."""
        found = [one.entry for one in await self._entries.entries_of(user_id)]
        return [
            UploadedScore(
                campaign_id=entry.campaign_id,
                score=entry.score,
                selection=entry.selection.value,
                updated_at=entry.updated_at,
            )
            for entry in found
            if entry.score is not None
        ]

    async def codes(self, user_id: UserId) -> Sequence[AssignedCode]:
        return [
            AssignedCode(
                campaign_id=code.campaign_id, code=code.text, type=code.type.value, assigned_at=code.assigned_at
            )
            for code in self._codes.of_person(user_id)
            if code.assigned_to == user_id and code.assigned_at is not None
        ]

    async def notices(self, user_id: UserId) -> int:
        return await self._entries.notices(user_id)
