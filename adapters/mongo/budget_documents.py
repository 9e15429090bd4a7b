"""What is stored of the budgets of fans: one document a fan."""

from datetime import datetime
from typing import ClassVar, Final

from beanie import Document
from pydantic import BaseModel
from pymongo import IndexModel

from adapters.mongo.stored_documents import STORED, UP
from domain.model.registrations.budgets import NUMBERS_KEPT
from domain.model.registrations.phones import DAY

KEPT_SECONDS: Final = int((NUMBERS_KEPT + DAY).total_seconds())
"""A day longer than the longest time for which anything is counted."""


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
