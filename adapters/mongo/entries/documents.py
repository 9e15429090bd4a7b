"""What is stored of registrations: one document an entry, and the indexes that its questions need."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import IndexModel

from adapters.mongo.entries.choices import CHOICE, CHOICE_UNSURE
from adapters.mongo.outbox.documents import OutboxMessage, ParkedDocument, PublishedDocument
from adapters.mongo.stored_documents import DOWN, STORED, UP

PHONE_INDEX: Final = "confirmedPhone"
TELEPHONE_INDEX: Final = "confirmedTelephone"
PAIR: Final = Field(strict=False)
"""BSON has no tuples: what is stored is a list of two."""


class StoredChallenge(BaseModel):
    model_config = STORED

    id: str
    phone: str
    code_hash: bytes
    expires_at: datetime
    attempts: int
    answered: bool = False
    """Not there in documents of version 0.1."""


class StoredVerification(BaseModel):
    model_config = STORED

    challenge: StoredChallenge | None
    sends: int
    resend_after: datetime


class StoredFraud(BaseModel):
    model_config = STORED

    status: str
    score: float | None
    asked: bool = True
    """False where no fraud detection is configured. Processes of version 0.1 know no such status."""


class StoredAllocation(BaseModel):
    model_config = STORED

    market: str
    draw_id: str


class StoredChange(BaseModel):
    model_config = STORED

    event: str
    at: datetime
    revision: int
    by: str | None = None
    """A member of staff; null for a background task of the service. Not there where the fan made the change."""


class EntryDocument(Document):
    """``id`` is ``{campaignId}/{userId}``: the primary key itself keeps a fan to one entry a campaign."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    entry_id: str
    campaign_id: str
    user_id: str
    ballot_id: str | None = None
    """Not there where it is withdrawn, and in documents of earlier releases before ``fangate migrate`` has seen
    them."""
    status: str
    """``withdrawn`` where the fan gave the registration up, ``erased`` where the person was erased. Then all
    details are empty."""
    phone: str | None
    phone_key: str | None = None
    """Of a confirmed phone. Not there while the phone is not confirmed, in documents of version 0.1, and where two
    fans had confirmed two spellings of one telephone before there were keys."""
    phone_confirmed_at: datetime | None
    email: str | None
    first_name: str | None
    last_name: str | None
    markets: list[str]
    prefs: list[str]
    """``1:nyc`` behind an empty text: what releases up to 0.2 count. Theirs have no empty text."""
    choice: str | None = None
    """``nyc,bos``: the markets as one text, so that one index key has all of them. Not there where the entry is
    withdrawn, and in documents of earlier releases before ``fangate migrate`` has seen them."""
    opt_ins: list[Annotated[tuple[str, bool], PAIR]]
    attributes: list[Annotated[tuple[str, str], PAIR]]
    """Pairs, since MongoDB has its own ideas of what a field may be called."""
    fanscore: float | None
    fanscore_asked: bool = True
    """Not there in documents of version 0.1."""
    fraud: StoredFraud
    selection: str
    allocation: StoredAllocation | None = None
    """Not there where no draw gave a place."""
    score: float | None
    verification: StoredVerification | None
    receipt_due: bool
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime
    withdrawn_revision: int | None = None
    """The revision of the last withdrawal. Messages up to it carry no personal data, wherever they are."""
    search_keys: list[str] = Field(default_factory=list)
    """The key of the phone, confirmed or not, and that of the mail address. Not there where it is withdrawn,
    and in documents of earlier releases before ``fangate migrate`` has seen them."""
    history: list[StoredChange] = Field(default_factory=list)
    """The last 100 changes that left an event. Not there where the entry is withdrawn, and in documents of earlier
    releases until their next change."""
    pseudonym: str | None = None
    """Of an erased person: what takes the place of the id in the record of published events."""
    outbox: list[OutboxMessage] = Field(default_factory=list)
    outbox_slot: int | None = None
    """Which share of the relay's work this entry is."""
    outbox_at: datetime | None = None
    """Since when the first event waits, or when it is tried again; not there while none does. The next two are
    the same for retries of the fanscore and for receipts."""
    retries_at: datetime | None = None
    receipts_at: datetime | None = None

    class Settings:
        name = "entries"
        indexes: ClassVar = [
            # One number, one fan: nothing else enforces REQ-002 under a race.
            IndexModel(
                [("campaignId", UP), ("phone", UP)],
                name=PHONE_INDEX,
                unique=True,
                partialFilterExpression={"status": "confirmed"},
            ),
            # However it is spelled. The index above stays for processes of version 0.1, which write no keys.
            IndexModel(
                [("campaignId", UP), ("phoneKey", UP)],
                name=TELEPHONE_INDEX,
                unique=True,
                partialFilterExpression={"status": "confirmed", "phoneKey": {"$exists": True}},
            ),
            # Counts by market and rank. Each entry is one key.
            IndexModel(
                [("campaignId", UP), ("status", UP), (CHOICE, UP), ("selection", UP), ("score", UP)],
                name="choices",
            ),
            # Entries that releases up to 0.2 wrote last. It is empty when none of their processes is left.
            IndexModel([("campaignId", UP)], name="choicesUnsure", partialFilterExpression=CHOICE_UNSURE),
            IndexModel(
                [("campaignId", UP), ("status", UP), ("selection", UP), ("score", DOWN), ("userId", UP)],
                name="ranking",
            ),
            # The list of staff. Status is part of it, so that withdrawn entries are not read.
            IndexModel(
                [("campaignId", UP), ("status", UP), ("createdAt", UP), ("userId", UP)],
                name="newest",
            ),
            # The timeline of confirmations. The filter is of the key itself, so that no document is read for it.
            IndexModel(
                [("campaignId", UP), ("phoneConfirmedAt", UP)],
                name="confirmedAt",
                partialFilterExpression={"phoneConfirmedAt": {"$type": "date"}},
            ),
            # Phones and mail addresses share one index, which most changes of an entry leave alone.
            IndexModel(
                [("campaignId", UP), ("searchKeys", UP), ("createdAt", UP), ("userId", UP)],
                name="searched",
            ),
            # Few entries are suspicious, so it is small.
            IndexModel(
                [("campaignId", UP), ("fraud.status", UP), ("createdAt", UP), ("userId", UP)],
                name="suspicious",
                partialFilterExpression={"fraud.status": {"$in": ["flagged", "review"]}},
            ),
            # A draw knows entries by their ballots alone. The keys have all that an announcement reads, so that no
            # document is read for it. Entries without a ballot have keys, too, so that they are found.
            IndexModel(
                [
                    ("campaignId", UP),
                    ("ballotId", UP),
                    ("status", UP),
                    ("selection", UP),
                    ("fraud.status", UP),
                    ("fraud.asked", UP),
                    ("score", UP),
                    ("choice", UP),
                ],
                name="drawn",
            ),
            # How many places of a draw are taken, by market.
            IndexModel(
                [("campaignId", UP), ("allocation.drawId", UP), ("allocation.market", UP)],
                name="allocated",
                partialFilterExpression={"allocation.drawId": {"$exists": True}},
            ),
            # To find a person over all campaigns.
            IndexModel([("userId", UP), ("campaignId", UP)], name="ofPerson"),
            # To find a member of staff in the histories of others. The changes of fans have no key in it.
            IndexModel(
                [("history.by", UP), ("campaignId", UP)],
                name="changedByStaff",
                partialFilterExpression={"history.by": {"$type": "string"}},
            ),
            *(
                IndexModel(
                    [("outboxSlot", UP), (due, UP)], name=name, partialFilterExpression={due: {"$exists": True}}
                )
                for due, name in (("outboxAt", "events"), ("retriesAt", "retries"), ("receiptsAt", "receipts"))
            ),
        ]


class ScoringDocument(Document):
    """What was last uploaded about a fan; ``id`` is that of the entry."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    user_id: str
    score: float
    selection: str | None
    updated_at: datetime
    upload: str | None = None
    """Which upload brought it last; records of 0.1 do not say."""

    class Settings:
        name = "scoring"
        indexes: ClassVar = [IndexModel([("userId", UP), ("campaignId", UP)], name="scoresOfPerson")]


class MovedMarketDocument(Document):
    """``id`` is ``{campaignId}/{market}``: entries were moved from this market."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    market: str

    class Settings:
        name = "movedMarkets"


ENTRY_DOCUMENTS: Final = (
    EntryDocument,
    ScoringDocument,
    MovedMarketDocument,
    PublishedDocument,
    ParkedDocument,
)
