"""Scores that staff upload: the ranking the allocation of tickets goes by (entry-service REQ-006)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.model.entries import Selection
from domain.model.ids import UserId

MAX_RECORDS: Final = 50_000
MAX_PROBLEMS: Final = 100
MAX_SCORE: Final = 100


class ScoreRefusal(StrEnum):
    NO_ENTRY = "no_entry"
    PHONE_NOT_CONFIRMED = "phone_not_confirmed"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRecord:
    """One fan's score, 0 to 100, and what was decided about the fan, if anything was."""

    user_id: UserId
    score: float
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class ScoreProblem:
    user_id: str | None
    reason: ScoreRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What became of the records."""

    upserted: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: tuple[ScoreProblem, ...] = ()
    """The first hundred."""

    @property
    def received(self) -> int:
        return self.upserted + self.unchanged + self.rejected

    def __add__(self, other: "Scored") -> "Scored":
        return Scored(
            upserted=self.upserted + other.upserted,
            unchanged=self.unchanged + other.unchanged,
            rejected=self.rejected + other.rejected,
            problems=(self.problems + other.problems)[:MAX_PROBLEMS],
        )
