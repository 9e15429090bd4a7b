"""Reads one uploaded record, from a row of a file or from JSON: the score, or the problem (entry-service
REQ-006)."""

import re
from typing import Final

from domain.model.ids import UserId, is_user_id
from domain.model.registrations.entry import Selection
from domain.model.registrations.scoring import MAX_SCORE, ScoreProblem, ScoreRecord, ScoreRefusal

_NUMBER: Final = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")


def number_of(text: str) -> float | None:
    """A decimal number as programs write it, also ``3.3000000000000003`` and ``5e-06``. None for other text."""
    return float(text) if _NUMBER.fullmatch(text) else None


def record_of(
    user_id: object, score: float | None, selection: object = None, *, line: int
) -> ScoreRecord | ScoreProblem:
    """The record, or its first problem. ``score`` is None when it was not a number."""
    if not isinstance(user_id, str) or not is_user_id(user_id):
        return ScoreProblem(None, ScoreRefusal.USER_ID, line)
    if score is None:
        return ScoreProblem(user_id, ScoreRefusal.SCORE_NOT_NUMBER, line)
    if not 0 <= score <= MAX_SCORE:
        return ScoreProblem(user_id, ScoreRefusal.SCORE_OUT_OF_RANGE, line)
    try:
        chosen = None if selection is None else Selection(str(selection))
    except ValueError:
        return ScoreProblem(user_id, ScoreRefusal.SELECTION, line)
    # ``abs`` turns -0.0 into 0.0.
    return ScoreRecord(user_id=UserId(user_id), score=abs(score), selection=chosen, line=line)
