"""What is stored: one document a code, one an import; and the indexes they need."""

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import IndexModel

from adapters.mongo.stored_documents import DOWN, STORED, UP


class StoredHold(BaseModel):
    model_config = STORED

    reserve_id: str
    ordinal: int
    count: int
    reserved_at: datetime
    expires_at: datetime
    open: bool
    """Does the code still fill its position? False once it is assigned and its reservation's time is over."""


class StoredTransition(BaseModel):
    model_config = STORED

    event: str
    at: datetime
    by: str
    reserve_id: str | None = None
    user_id: str | None = None
    write: str
    """Which bulk write it came with: how a writer finds out whether it was the one that made the change."""


class StoredOrigin(BaseModel):
    model_config = STORED

    import_id: str
    line: int
    at: datetime
    by: str


class CodeDocument(Document):
    """``id`` is ``{campaignId}/{code}``: the primary key itself keeps a code unique in its campaign (REQ-005).

    Nothing here ever carries a TTL index: it would delete codes when their holds lapse.
    """

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    code: str
    type: str
    status: str
    """As last written down; the clock may have ended a ``reserved`` since."""
    slot: int
    """The random key: claims start reading at a random one, so that they rarely meet."""
    version: int
    origin: StoredOrigin
    hold: StoredHold | None = None
    assigned_to: str | None = None
    assigned_at: datetime | None = None
    transitions: list[StoredTransition] = Field(default_factory=list)

    class Settings:
        name = "codes"
        indexes: ClassVar = [
            IndexModel([("campaignId", UP), ("type", UP), ("status", UP), ("slot", UP)], name="pool"),
            IndexModel(
                # The status is in the key too, so that counting what has lapsed needs no document.
                [("campaignId", UP), ("type", UP), ("status", UP), ("hold.expiresAt", UP)],
                name="deadlines",
                partialFilterExpression={"status": "reserved"},
            ),
            # Each position of a reservation is taken once, and stays taken when its code is assigned: two claims
            # under one reserveId are one reservation.
            IndexModel(
                [("campaignId", UP), ("hold.reserveId", UP), ("hold.ordinal", UP)],
                name="places",
                unique=True,
                partialFilterExpression={"hold.open": True},
            ),
            IndexModel(
                [("campaignId", UP), ("hold.reserveId", UP)],
                name="assignedUnder",
                partialFilterExpression={"status": "assigned"},
            ),
            IndexModel(
                [("campaignId", UP), ("assignedTo", UP)],
                name="assignedTo",
                partialFilterExpression={"status": "assigned"},
            ),
            # The codes of one import, in the order of lists.
            IndexModel([("campaignId", UP), ("origin.importId", UP), ("_id", UP)], name="importedBy"),
        ]


class StoredProblem(BaseModel):
    model_config = STORED

    line: int
    reason: str
    detail: str = ""


class StoredUnderstood(BaseModel):
    model_config = STORED

    encoding: str
    separator: str
    header: bool
    column: int


class ImportDocument(Document):
    """``id`` is the importId."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    type: str
    filename: str
    by: str
    status: str
    inserted: int
    duplicates: int
    conflicts: int
    blank: int
    invalid: int
    problems: list[StoredProblem]
    started_at: datetime
    moved_at: datetime
    finished_at: datetime | None
    failure: str | None
    understood: StoredUnderstood | None = None
    """Missing in what 0.1 stored."""

    class Settings:
        name = "imports"
        indexes: ClassVar = [IndexModel([("campaignId", UP), ("startedAt", DOWN), ("_id", DOWN)], name="newest")]


class CallerDocument(Document):
    """``id`` is the id of a member of staff. Histories of codes may name that person, and the audit log may not.

    The name of the collection is from before there was an audit log.
    """

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId

    class Settings:
        name = "earlierCallers"


class PoolLockDocument(Document):
    """``id`` is ``{campaignId}/{type}``: which claim works on this pool alone, and until when."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    owner: str
    until: datetime

    class Settings:
        name = "turns"
