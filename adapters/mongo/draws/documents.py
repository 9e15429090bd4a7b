"""What is stored of draws: one document a draw, and its list and results in chunks."""

from datetime import datetime
from typing import Annotated, ClassVar, Final

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import IndexModel

from adapters.mongo.stored_documents import DOWN, STORED, UP

PAIR: Final = Field(strict=False)
"""BSON has no tuples: what is stored is a list of two."""
Counts = list[Annotated[tuple[str, int], PAIR]]
"""By market. Pairs, since a market may be called anything."""


class StoredCutoff(BaseModel):
    model_config = STORED

    market: str
    tier: int | None
    """Null where places are left; so is the key."""
    key: bytes | None


class StoredResult(BaseModel):
    model_config = STORED

    placed: Counts
    waitlisted: int
    cutoffs: list[StoredCutoff]
    result_digest: str


class StoredFilling(BaseModel):
    model_config = STORED

    number: int
    at: datetime
    places: Counts
    offered: Counts


class StoredGiving(BaseModel):
    model_config = STORED

    number: int
    type: str
    reserve_id: str
    ballots: list[str]
    at: datetime
    closing: bool


class DrawDocument(Document):
    """``id`` is ``{campaignId}/{drawId}``."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    draw_id: str
    number: int
    manifest: str
    """The canonical JSON, exactly as it was announced."""
    status: str
    randomness: str | None
    result: StoredResult | None
    applied: int
    withheld: Counts
    fillings: list[StoredFilling]
    filling: bool
    offers: list[Annotated[tuple[str, str], PAIR]]
    """Ballot and market."""
    giving: StoredGiving | None = None
    givings: int = 0
    giving_codes: list[Annotated[tuple[str, datetime], PAIR]] | None = None
    """Types of codes, and since when."""
    unfinished: bool
    claimed_until: datetime | None
    drawn_at: datetime | None
    aborted_at: datetime | None
    version: int

    class Settings:
        name = "draws"
        indexes: ClassVar = [
            # Two draws that are announced at once do not get one number.
            IndexModel([("campaignId", UP), ("number", DOWN)], name="numbers", unique=True),
            IndexModel([("unfinished", UP)], name="unfinished", partialFilterExpression={"unfinished": True}),
        ]


class DrawChunkDocument(Document):
    """``id`` is ``{campaignId}/{drawId}/{kind}/{number}``, so that keys are in the order of the numbers."""

    model_config = STORED

    id: str  # type: ignore[assignment]  # Beanie's default is an ObjectId
    campaign_id: str
    draw_id: str
    kind: str
    """``list``, ``results`` or ``waiting``."""
    first: str
    """What the first line is found by: its ballot; of those who wait, their turn as text."""
    lines: bytes
    """Up to 1,024 lines with line feeds between them: about 60 KB."""
    root: bytes | None = None
    """Of a chunk of the list: the Merkle root of its lines."""
    before: Counts | None = None
    """Of a chunk of those who wait: how many of the chunks before wait, by market."""
    at: datetime | None = None
    """Of a chunk of the list: when it was put."""

    class Settings:
        name = "drawChunks"
        indexes: ClassVar = [
            # The roots of a list are read from it alone, without the lines.
            IndexModel(
                [("campaignId", UP), ("drawId", UP), ("kind", UP), ("first", UP), ("root", UP)], name="ordered"
            ),
        ]


DRAW_DOCUMENTS: Final = (DrawDocument, DrawChunkDocument)
