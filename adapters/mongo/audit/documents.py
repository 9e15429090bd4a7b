"""What is stored of the audit log: one document a row."""

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import IndexModel

from adapters.mongo.stored_documents import DOWN, STORED, UP


class AuditDocument(Document):
    """Nothing expires a row, and nothing deletes one."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    at: datetime
    by: str
    operation: str
    campaign_id: str | None
    request_id: str | None
    asked: dict[str, Any]
    """Ids, counts and filters; the names are the service's own."""
    outcome: dict[str, Any] | None
    """Null while it is not known."""
    people: list[str] = Field(default_factory=list)
    """The fans that ``asked`` and ``outcome`` name. Missing where there are none, so that such rows cost the index
    nothing."""

    class Settings:
        name = "audit"
        indexes: ClassVar = [
            IndexModel([("at", DOWN), ("_id", DOWN)], name="newest"),
            IndexModel([("campaignId", UP), ("at", DOWN), ("_id", DOWN)], name="newestOfCampaign"),
            IndexModel([("by", UP), ("at", DOWN), ("_id", DOWN)], name="newestByCaller"),
            IndexModel([("operation", UP), ("at", DOWN), ("_id", DOWN)], name="newestOfOperation"),
            IndexModel(
                [("people", UP), ("at", DOWN), ("_id", DOWN)],
                name="aboutPerson",
                partialFilterExpression={"people": {"$exists": True}},
            ),
        ]
