"""What is stored of messages: those that wait, in their entry's document, and what becomes of them."""

from datetime import datetime
from typing import ClassVar, Final

from beanie import Document
from pydantic import BaseModel
from pymongo import IndexModel

from adapters.mongo.stored_documents import STORED, UP

PUBLISHED_KEPT_SECONDS: Final = 7 * 24 * 60 * 60


class OutboxMessage(BaseModel):
    model_config = STORED

    id: str
    about: str
    at: datetime
    revision: int
    data: str | None
    """JSON, as it is published: names chosen by fans and staff must not become field names."""
    request_id: str | None = None
    traceparent: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    """When a message that was refused is tried again."""


class PublishedEvent(BaseModel):
    model_config = STORED

    id: str
    type: str
    subject: str
    revision: int


class PublishedDocument(Document):
    """The events that were published at once: a row for each would cost more than to publish it."""

    model_config = STORED

    events: list[PublishedEvent]
    published_at: datetime

    class Settings:
        name = "publishedEvents"
        indexes: ClassVar = [
            IndexModel([("publishedAt", UP)], name="pruned", expireAfterSeconds=PUBLISHED_KEPT_SECONDS),
            # To find a person: without it, an erasure would read a week of events.
            IndexModel([("events.subject", UP)], name="ofSubject"),
        ]


class ParkedDocument(Document):
    """A message that was refused too often; ``id`` is its own. Nothing expires it."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    user_id: str
    message: OutboxMessage
    attempts: int
    reason: str
    parked_at: datetime

    class Settings:
        name = "parkedMessages"
        indexes: ClassVar = [
            IndexModel([("parkedAt", UP)], name="longest"),
            IndexModel([("campaignId", UP), ("parkedAt", UP)], name="ofCampaign"),
            IndexModel([("userId", UP), ("campaignId", UP)], name="ofFan"),
        ]
