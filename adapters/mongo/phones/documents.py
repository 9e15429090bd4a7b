"""What is stored of phone numbers, and of what fans have used: one document a number, one a fan."""

from datetime import datetime
from typing import ClassVar, Final

from beanie import Document
from pydantic import BaseModel
from pymongo import IndexModel

from adapters.mongo.stored_documents import STORED, UP
from domain.model.registrations.budgets import NUMBERS_KEPT
from domain.model.registrations.phones import DAY

SENDS_KEPT_SECONDS: Final = 25 * 60 * 60
"""An hour longer than the longest window in which sends are counted."""
KEPT_SECONDS: Final = int((NUMBERS_KEPT + DAY).total_seconds())
"""A day longer than the longest time for which anything is counted."""


class SendLogDocument(Document):
    """``id`` is a keyed digest of the number: ids get into error messages and logs."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    sent: list[datetime]
    version: int
    touched_at: datetime
    """By the server's clock, which is also the one that expires."""

    class Settings:
        name = "phoneSends"
        indexes: ClassVar = [
            IndexModel([("touchedAt", UP)], name="forgotten", expireAfterSeconds=SENDS_KEPT_SECONDS)
        ]


class StoredFailure(BaseModel):
    model_config = STORED

    by: str
    at: datetime


class PhoneRecordDocument(Document):
    """``id`` is ``{campaignId}/`` and a keyed digest of the number."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    failures: list[StoredFailure]
    version: int
    forget_at: datetime | None = None
    """From then on no failure counts any more. Not there in what 0.2 stored; ``migrate`` adds it."""

    class Settings:
        name = "phoneFailures"
        indexes: ClassVar = [
            IndexModel([("failures.by", UP)], name="failuresOfPerson"),
            # The time is a process's own, so the hour is for clocks that disagree.
            IndexModel([("forgetAt", UP)], name="failuresForgotten", expireAfterSeconds=3_600),
        ]


class StoredUse(BaseModel):
    model_config = STORED

    campaign_id: str
    number: str
    at: datetime


class StoredSend(BaseModel):
    model_config = STORED

    number: str
    at: datetime
    held: bool


class FanBudgetDocument(Document):
    """``id`` is the fan's. Numbers are keyed digests."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    numbers: list[StoredUse]
    sends: list[StoredSend]
    exhausted: list[datetime]
    version: int
    touched_at: datetime
    """By the server's clock, which is also the one that expires."""

    class Settings:
        name = "fanBudgets"
        indexes: ClassVar = [
            IndexModel([("touchedAt", UP)], name="budgetForgotten", expireAfterSeconds=KEPT_SECONDS)
        ]


PHONE_DOCUMENTS: Final = (SendLogDocument, PhoneRecordDocument, FanBudgetDocument)
