"""What this database holds of persons, place by place."""

from collections.abc import Mapping
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.audit.audit_log import MongoAuditLog
from adapters.mongo.audit.documents import AuditDocument
from adapters.mongo.codes.callers import CodeCallers
from adapters.mongo.codes.documents import CallerDocument, CodeDocument, ImportDocument
from adapters.mongo.driver import Raw
from adapters.mongo.entries.documents import EntryDocument, ScoringDocument
from adapters.mongo.entries.withdrawals import MongoWithdrawals
from adapters.mongo.outbox.documents import PublishedDocument
from adapters.mongo.outbox.ledger import Ledger
from adapters.mongo.outbox.parked_messages import ParkedMessages
from adapters.mongo.phones.documents import FanBudgetDocument, PhoneRecordDocument
from adapters.mongo.privacy.places import (
    deleting,
    held,
    pulling_failures,
    renaming_codes,
    renaming_histories,
    renaming_imports,
    replacing,
)
from adapters.mongo.rate_limits import MongoRateLimits, RateLimitDocument
from adapters.mongo.schema import name_of
from domain.model.ids import UserId
from domain.model.privacy.people import Place
from ports.privacy import PersonalData


def code_callers(database: AsyncDatabase[Raw]) -> CodeCallers:
    return CodeCallers(database[name_of(CodeDocument)], database[name_of(CallerDocument)])


def personal_data(
    database: AsyncDatabase[Raw],
    withdrawals: MongoWithdrawals,
    parked: ParkedMessages,
    limits: MongoRateLimits,
    *,
    audit: MongoAuditLog,
    callers: CodeCallers,
) -> Mapping[Place, PersonalData]:
    ledger = Ledger(database[name_of(PublishedDocument)], database[name_of(EntryDocument)])

    async def replace(user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        await ledger.replace(user_id, pseudonym)

    return {
        Place.ENTRIES: PersonalData.found_by_id(withdrawals.count, withdrawals.erase),
        Place.HISTORIES: renaming_histories(database[name_of(EntryDocument)]),
        Place.SCORING: deleting(database[name_of(ScoringDocument)], lambda user_id: {"userId": user_id}),
        Place.PARKED: held(parked.count_of_person, parked.erase),
        Place.PHONE_FAILURES: pulling_failures(database[name_of(PhoneRecordDocument)]),
        Place.BUDGETS: deleting(database[name_of(FanBudgetDocument)], lambda user_id: {"_id": user_id}),
        Place.RATE_LIMITS: deleting(database[name_of(RateLimitDocument)], limits.of_person),
        Place.CODES: renaming_codes(
            database[name_of(CodeDocument)],
            database[name_of(ImportDocument)],
            database[name_of(AuditDocument)],
            callers,
        ),
        Place.IMPORTS: renaming_imports(database[name_of(ImportDocument)]),
        Place.PUBLISHED: held(ledger.count, replace),
        Place.AUDIT: replacing(audit),
    }
