"""Scores that staff upload. Tickets are allocated in the order of these scores (entry-service REQ-006)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from domain.model.ids import UserId
from domain.model.registrations.entry import Entry, EntryEvent, Selection

MAX_RECORDS: Final = 50_000
MAX_PROBLEMS: Final = 100
MAX_SCORE: Final = 100


class ScoreRefusal(StrEnum):
    NO_ENTRY = "no_entry"
    PHONE_NOT_CONFIRMED = "phone_not_confirmed"
    USER_ID = "user_id"
    SCORE_NOT_NUMBER = "score_not_number"
    SCORE_OUT_OF_RANGE = "score_out_of_range"
    SELECTION = "selection"
    COLUMNS = "columns"
    """The record has unknown columns or fields, or one is missing."""
    NOT_JSON = "not_json"
    REPEATED = "repeated"
    """The same fan again in one upload. This is not a refusal: the last record counts."""
    MESSAGES_WAITING = "messages_waiting"
    """Too many messages of this fan wait to be passed on. A new selection cannot be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRecord:
    """The score of one fan, 0 to 100, and the selection, if one was made."""

    user_id: UserId
    score: float
    selection: Selection | None = None
    line: int | None = None
    """Its line in the upload, from 1."""

    def refused_by(self, entry: Entry | None) -> ScoreRefusal | None:
        """Why the entry takes no score: only a confirmed entry does (entry-service REQ-006)."""
        if entry is None:
            return ScoreRefusal.NO_ENTRY
        return None if entry.confirmed else ScoreRefusal.PHONE_NOT_CONFIRMED

    def changes_selection(self, selection: Selection) -> bool:
        return self.selection is not None and self.selection is not selection

    def apply(self, entry: Entry, now: datetime) -> Entry:
        """The entry with this score. A new selection is published; a new score is not."""
        if not entry.confirmed:
            return entry
        if self.selection is not None and self.changes_selection(entry.selection):
            selected = replace(entry, score=self.score).select(self.selection)
            return selected.with_event(EntryEvent.SELECTED, now)
        if entry.score == self.score:
            return entry
        return replace(entry, score=self.score, version=entry.version + 1)


@dataclass(frozen=True, slots=True)
class ScoreProblem:
    user_id: str | None
    reason: ScoreRefusal
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The result of an upload in numbers."""

    upserted: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: tuple[ScoreProblem, ...] = ()
    """The first hundred."""

    @property
    def received(self) -> int:
        return self.upserted + self.unchanged + self.rejected

    def with_unread(self, unread: Sequence[ScoreProblem]) -> "Scored":
        """Add the records of the same batch that could not be read. The problems are in the order of lines."""
        problems = sorted((*self.problems, *unread), key=lambda problem: problem.line or 0)
        rejected = self.rejected + len(unread)
        return replace(self, rejected=rejected, problems=tuple(problems[:MAX_PROBLEMS]))

    def __add__(self, other: "Scored") -> "Scored":
        return Scored(
            upserted=self.upserted + other.upserted,
            unchanged=self.unchanged + other.unchanged,
            rejected=self.rejected + other.rejected,
            problems=(self.problems + other.problems)[:MAX_PROBLEMS],
        )


def latest_by_fan(records: Iterable[ScoreRecord]) -> dict[UserId, ScoreRecord]:
    """One record per fan, with the last score and the last selection of the fan's records."""
    one_each: dict[UserId, ScoreRecord] = {}
    for record in records:
        before = one_each.get(record.user_id)
        selection = record.selection or (before.selection if before else None)
        one_each[record.user_id] = replace(record, selection=selection)
    return one_each


def summarize(
    records: Sequence[ScoreRecord],
    upserted: set[UserId],
    refused: Mapping[UserId, ScoreRefusal],
    seen_before: Collection[UserId] = (),
) -> Scored:
    """Count each record once. A record that a later one of the same fan replaced counts as unchanged.

    ``seen_before``: fans of earlier batches of the same upload.
    """
    rejected = sum(record.user_id in refused for record in records)
    return Scored(
        upserted=len(upserted),
        unchanged=len(records) - len(upserted) - rejected,
        rejected=rejected,
        problems=tuple(islice(_problems(records, refused, seen_before), MAX_PROBLEMS)),
    )


def _problems(
    records: Sequence[ScoreRecord], refused: Mapping[UserId, ScoreRefusal], seen_before: Collection[UserId]
) -> Iterator[ScoreProblem]:
    seen = set(seen_before)
    for record in records:
        reason = refused.get(record.user_id)
        if reason is None and record.user_id in seen:
            reason = ScoreRefusal.REPEATED
        if reason is not None:
            yield ScoreProblem(record.user_id, reason, record.line)
        seen.add(record.user_id)
