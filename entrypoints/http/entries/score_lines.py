"""Reading score records: one of a JSON list, or one a line."""

import json
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from domain.model.files.text import MAX_LINE_BYTES, Lines, Utf8
from domain.model.ids import UserId
from domain.model.registrations.entry import Selection
from domain.model.registrations.score_records import record_of
from domain.model.registrations.scoring import MAX_SCORE, ScoreProblem, ScoreRecord, ScoreRefusal
from entrypoints.http.response.problems import malformed
from entrypoints.http.wire import UserIdText, Wire

Record = ScoreRecord | ScoreProblem
FIELDS: Final = {"userId", "score", "selection"}


class ScoreRecordRequest(Wire):
    user_id: UserIdText
    score: Annotated[float, Meta(ge=0, le=MAX_SCORE)]
    selection: Selection | None = None


class NdjsonReader:
    """Reads UTF-8, with or without a byte order mark, and UTF-16 with one."""

    def __init__(self) -> None:
        self._utf8 = Utf8()
        self._lines = Lines()
        self._line = 0

    def feed(self, chunk: bytes) -> Iterator[Record]:
        yield from self._records(self._lines.feed(self._decoded(chunk)))

    def close(self) -> Iterator[Record]:
        yield from self._records(self._lines.feed(self._decoded(None)))
        yield from self._records(self._lines.close())

    def _decoded(self, chunk: bytes | None) -> bytes:
        try:
            return self._utf8.close() if chunk is None else self._utf8.feed(chunk)
        except UnicodeError:
            raise malformed("the body begins as UTF-16 and is not") from None

    def _records(self, lines: Iterator[bytes | None]) -> Iterator[Record]:
        for line in lines:
            self._line += 1
            if line is None or line.strip():
                yield to_record(line, self._line)


def to_record(raw: bytes | None, line: int) -> Record:
    """``raw`` is None for a line that was too long to keep."""
    try:
        body = msgspec.json.decode(raw or b"", type=ScoreRecordRequest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _problem_of(raw or b"", line)
    # -0.0 passes as a score of 0.
    return ScoreRecord(user_id=UserId(body.user_id), score=abs(body.score), selection=body.selection, line=line)


def _problem_of(raw: bytes, line: int) -> Record:
    """Why that is no record. Numbers of any size are read here, so that they can be compared with the limits."""
    if len(raw) > MAX_LINE_BYTES:
        return ScoreProblem(None, ScoreRefusal.COLUMNS, line)
    try:
        record = json.loads(raw.decode(), parse_int=float, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return ScoreProblem(None, ScoreRefusal.NOT_JSON, line)
    if not isinstance(record, dict) or not record.keys() <= FIELDS:
        return ScoreProblem(None, ScoreRefusal.COLUMNS, line)
    score = record.get("score")
    number = score if isinstance(score, float) else None
    return record_of(record.get("userId"), number, record.get("selection"), line=line)


def _refuse(constant: str) -> None:
    """Refuse ``NaN`` and ``Infinity``: they are not JSON, but Python's reader accepts them."""
    raise ValueError(constant)
