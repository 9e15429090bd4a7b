"""Imports of codes: the keys of the uploaded files, and the report of an import."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.model.codes.code import CodeType
from domain.model.codes.files.cells import Reason
from domain.model.codes.files.layout import Understood
from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, ImportId, UserId, new_import_id

MAX_BATCH_ROWS: Final = 50_000
"""The most rows that an import may hold in memory at once (code-service REQ-004)."""
MAX_PROBLEMS: Final = 100
SILENT_FOR: Final = timedelta(seconds=120)
"""When a running import has made no progress for this time, its process has died."""

_KEY: Final = re.compile(r"codes/([A-Za-z0-9_-]{1,64})/(tm|external)/([^/\\]{1,200})")


@dataclass(frozen=True, slots=True)
class UploadKey:
    """``codes/{campaignId}/{type}/{filename}``: the key contains the type (code-service, "Code Type
    Separation")."""

    campaign_id: CampaignId
    type: CodeType
    filename: str

    @classmethod
    def parse(cls, key: str, *, campaign_id: CampaignId) -> "UploadKey":
        """Raises InvalidValue when the key has another form, belongs to another campaign, or contains ``..``."""
        match = _KEY.fullmatch(key)
        if match is None or match[3] in {".", ".."} or not match[3].isprintable():
            raise InvalidValue("key", "must be codes/{campaignId}/{tm|external}/{filename}")
        if match[1] != campaign_id:
            raise InvalidValue("key", "names another campaign than the path")
        return cls(campaign_id, CodeType(match[2]), match[3])

    def __str__(self) -> str:
        return f"codes/{self.campaign_id}/{self.type}/{self.filename}"


class ImportStatus(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CHECKED = "checked"
    """A dry run: nothing was stored."""
    WITHDRAWN = "withdrawn"
    """Its available codes were removed."""


HEADER: Final = Reason.HEADER.value
LOOK_ALIKE: Final = "look_alike"
"""The code was stored, but it looks like another code of the campaign."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not imported, or that staff should check, and the reason. Never the content of the line."""

    line: int
    reason: str
    detail: str = ""
    """The character that caused the problem: ``U+200B zero width space``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The result of an import in numbers. Each row is in exactly one of the five counts."""

    inserted: int = 0
    duplicates: int = 0
    """Codes that came earlier in the file, or that the campaign already has under this type."""
    conflicts: int = 0
    """Codes that the campaign has under the other type (code-service REQ-005: a code exists once)."""
    blank: int = 0
    invalid: int = 0
    problems: tuple[Problem, ...] = ()
    """The first hundred."""

    @property
    def rows(self) -> int:
        return self.inserted + self.duplicates + self.conflicts + self.blank + self.invalid

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            inserted=self.inserted + other.inserted,
            duplicates=self.duplicates + other.duplicates,
            conflicts=self.conflicts + other.conflicts,
            blank=self.blank + other.blank,
            invalid=self.invalid + other.invalid,
            problems=(self.problems + other.problems)[:MAX_PROBLEMS],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBatch:
    """Codes of one file for the store, each with its line number."""

    campaign_id: CampaignId
    type: CodeType
    import_id: ImportId
    at: datetime
    by: UserId
    rows: Sequence[tuple[int, str]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The result of withdrawing an import: how many codes were removed, and how many were kept."""

    removed: int = 0
    reserved: int = 0
    """Reserved and assigned codes are kept: fans have them, or will have them soon."""
    assigned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPosition:
    """Where a page of imports ends: the next page has the imports that began before."""

    started_at: datetime
    id: ImportId


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import of one file."""

    id: ImportId
    key: UploadKey
    by: UserId
    status: ImportStatus = ImportStatus.RUNNING
    tally: Tally = Tally()
    started_at: datetime
    moved_at: datetime
    """The time of the last progress."""
    finished_at: datetime | None = None
    failure: str | None = None
    """The code of the error that ended the import."""
    understood: Understood | None = None
    """How the file is read. Known after its first lines were read."""
    sample: tuple[str, ...] = field(default=(), repr=False)
    """The first and the last five codes of a dry run."""

    @property
    def position(self) -> ImportPosition:
        return ImportPosition(started_at=self.started_at, id=self.id)

    @classmethod
    def begun(cls, key: UploadKey, by: UserId, now: datetime) -> "Import":
        return cls(id=new_import_id(), key=key, by=by, started_at=now, moved_at=now)

    def progressed(self, tally: Tally, now: datetime) -> "Import":
        return replace(self, tally=tally, moved_at=now)

    def completed(self, now: datetime) -> "Import":
        return replace(self, status=ImportStatus.COMPLETED, moved_at=now, finished_at=now)

    def failed(self, failure: str, now: datetime) -> "Import":
        return replace(self, status=ImportStatus.FAILED, moved_at=now, finished_at=now, failure=failure)

    def checked(self, sample: Sequence[str], now: datetime) -> "Import":
        return replace(self, status=ImportStatus.CHECKED, sample=tuple(sample), moved_at=now, finished_at=now)

    def withdrawn(self) -> "Import":
        return replace(self, status=ImportStatus.WITHDRAWN)

    def as_of(self, now: datetime) -> "Import":
        """The import as callers see it now. A running import without progress for SILENT_FOR counts as failed."""
        if self.status is ImportStatus.RUNNING and now - self.moved_at > SILENT_FOR:
            return replace(
                self,
                status=ImportStatus.FAILED,
                finished_at=self.moved_at,
                failure="codes.import_interrupted",
            )
        return self
