"""Files and streams of scores: a record a line."""

import csv
import re
from collections.abc import Iterator
from typing import Final

from domain.model.entries import Selection
from domain.model.errors import InvalidValue, ScoreFileUnreadable
from domain.model.ids import CampaignId, UserId, is_user_id
from domain.model.scoring import MAX_SCORE, ScoreProblem, ScoreRecord, ScoreRefusal

MAX_LINE_BYTES: Final = 65_536
HEADER: Final = ("userId", "score", "selection")

_KEY: Final = re.compile(r"scoring/([A-Za-z0-9_-]{1,64})/([^/\\]{1,200})")


def score_key(key: str, campaign_id: CampaignId) -> str:
    """``scoring/{campaignId}/{filename}``. Raises InvalidValue for any other."""
    match = _KEY.fullmatch(key)
    if match is None or match[2] in {".", ".."} or not match[2].isprintable():
        raise InvalidValue("key", "must be scoring/{campaignId}/{filename}")
    if match[1] != campaign_id:
        raise InvalidValue("key", "names another campaign than the path")
    return key


class Lines:
    """Bytes in, lines out, in constant memory: a line too long to keep comes out as None."""

    def __init__(self) -> None:
        self._tail = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        *lines, self._tail = (self._tail + chunk).split(b"\n")
        for line in lines:
            if not self._skipping:
                yield line if len(line) <= MAX_LINE_BYTES else None
            self._skipping = False
        if len(self._tail) > MAX_LINE_BYTES:
            if not self._skipping:
                yield None
            self._tail, self._skipping = b"", True

    def close(self) -> Iterator[bytes | None]:
        """The last line, if it has no line feed."""
        if self._tail and not self._skipping:
            yield self._tail


class ScoreFileReader:
    """``userId,score[,selection]`` a line, in UTF-8; a first line with just these names is a header."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._line = 0

    def feed(self, chunk: bytes) -> Iterator[ScoreRecord | ScoreProblem]:
        """Raises ScoreFileUnreadable at the first line that is not UTF-8, or a header with other columns."""
        for line in self._lines.feed(chunk):
            yield from self._read(line)

    def close(self) -> Iterator[ScoreRecord | ScoreProblem]:
        for line in self._lines.close():
            yield from self._read(line)

    def _read(self, line: bytes | None) -> Iterator[ScoreRecord | ScoreProblem]:
        self._line += 1
        if line is None:
            yield ScoreProblem(None, ScoreRefusal.INVALID)
            return
        fields = self._fields(line)
        if any(fields) and not (self._line == 1 and _is_header(fields)):
            yield _to_record(fields)

    def _fields(self, line: bytes) -> list[str]:
        try:
            text = line.decode().strip()
        except UnicodeDecodeError as error:
            raise ScoreFileUnreadable(line=self._line) from error
        text = text.removeprefix("\ufeff") if self._line == 1 else text
        try:
            return [field.strip() for field in next(csv.reader([text], strict=True), [])]
        except csv.Error:
            return [text]


def _is_header(fields: list[str]) -> bool:
    """A first line that names a column of ours is a header, and must name them all in their order."""
    if not set(HEADER) & set(fields):
        return False
    if tuple(fields) not in {HEADER[:2], HEADER}:
        raise ScoreFileUnreadable(line=1)
    return True


def _to_record(fields: list[str]) -> ScoreRecord | ScoreProblem:
    user_id, score, selection = (*fields, "", "", "")[:3]
    known = user_id if is_user_id(user_id) else None
    value = _to_score(score)
    if known is None or value is None or len(fields) > len(HEADER):
        return ScoreProblem(known, ScoreRefusal.INVALID)
    try:
        chosen = Selection(selection) if selection else None
    except ValueError:
        return ScoreProblem(known, ScoreRefusal.INVALID)
    return ScoreRecord(user_id=UserId(known), score=value, selection=chosen)


def _to_score(text: str) -> float | None:
    """0 to 100, as programs write decimal numbers: ``3.3000000000000003`` and ``5e-06`` among them."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", text):
        return None
    score = float(text)
    return score if score <= MAX_SCORE else None
