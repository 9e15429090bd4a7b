"""Files of scores: one record a line, ``userId,score[,selection]`` (entry-service REQ-006)."""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.model.errors import InvalidValue
from domain.model.files.foreign import foreign_bytes, foreign_text
from domain.model.files.separators import SEPARATORS, declared_separator
from domain.model.files.text import Lines, Utf8
from domain.model.ids import CampaignId
from domain.model.registrations.errors import ScoreFileAmbiguous, ScoreFileUnreadable
from domain.model.registrations.score_records import number_of, record_of
from domain.model.registrations.scoring import ScoreProblem, ScoreRecord, ScoreRefusal

_KEY: Final = re.compile(r"scoring/([A-Za-z0-9_-]{1,64})/([^/\\]{1,200})")
_LONGEST_NAME: Final = 20
_DECIMAL_COMMA: Final = re.compile(r"[0-9]{1,3},[0-9]{1,25}")


def score_key(key: str, campaign_id: CampaignId) -> str:
    """Check a key: ``scoring/{campaignId}/{filename}``. Raises InvalidValue for other keys."""
    match = _KEY.fullmatch(key)
    if match is None or match[2] in {".", ".."} or not match[2].isprintable():
        raise InvalidValue("key", "must be scoring/{campaignId}/{filename}")
    if match[1] != campaign_id:
        raise InvalidValue("key", "names another campaign than the path")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLayout:
    """The columns of one file of scores."""

    separator: str
    user_id: int = 0
    score: int = 1
    selection: int = 2
    width: int = 3
    has_header: bool = False

    def read(self, text: str, line: int) -> ScoreRecord | ScoreProblem | None:
        """The record of a row. None for a blank row."""
        fields = _split(text, self.separator)
        if fields is not None and not any(fields):
            return None
        if fields is None or len(fields) <= max(self.user_id, self.score) or any(fields[self.width :]):
            return ScoreProblem(None, ScoreRefusal.COLUMNS, line)
        selection = fields[self.selection] if self.selection < len(fields) else ""
        return record_of(fields[self.user_id], number_of(fields[self.score]), selection or None, line=line)

    def may_be_of(self, text: str) -> bool:
        """May ``text`` be a record in this layout? ``97,5`` counts as 97.5: ``fan;97,5`` has semicolons, not
        commas."""
        fields = _split(text, self.separator) or []
        fields = [one.replace(",", ".") if _DECIMAL_COMMA.fullmatch(one) else one for one in fields]
        return len(fields) > 1 and isinstance(record_of(fields[0], number_of(fields[1]), line=1), ScoreRecord)


def score_layout_of(text: str, line: int, separators: Sequence[str] = SEPARATORS) -> ScoreLayout:
    """The layout by the first row, which is a header with our columns in any order, or a record.

    Raises ScoreFileAmbiguous when it is neither, or when two separators make it a record: with a wrong guess the
    scores would go to the wrong fans.
    """
    for separator in separators:
        if layout := _named(_split(text, separator) or [], separator):
            return layout
    possible = [layout for one in separators if (layout := ScoreLayout(separator=one)).may_be_of(text)]
    if len(possible) != 1 or not isinstance(possible[0].read(text, line), ScoreRecord):
        raise ScoreFileAmbiguous(line=line)
    return possible[0]


def _named(header: Sequence[str], separator: str) -> ScoreLayout | None:
    """The layout of a header. ``User ID``, ``user_id`` and ``userId`` are the same name. Other columns are
    refused."""
    names = "\t".join(map(_bare, header)).rstrip("\t").split("\t")
    if sorted(names) not in (["score", "userid"], ["score", "selection", "userid"]):
        return None
    return ScoreLayout(
        separator=separator,
        user_id=names.index("userid"),
        score=names.index("score"),
        selection=names.index("selection") if "selection" in names else len(names),
        width=len(names),
        has_header=True,
    )


def _bare(name: str) -> str:
    if len(name) > _LONGEST_NAME:
        return ""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name))).casefold()


def _split(text: str, separator: str) -> list[str] | None:
    """The fields of one row, trimmed. None when its quotes are not closed."""
    try:
        return [field.strip() for field in next(csv.reader([text], strict=True, delimiter=separator), [])]
    except csv.Error:
        return None


class ScoreFileReader:
    """Turns the bytes of a file into records: call ``feed`` for each chunk, then ``close``. It keeps only one line
    in memory."""

    def __init__(self) -> None:
        self._utf8 = Utf8()
        self._lines = Lines()
        self._line = 0
        self._separators: Sequence[str] = SEPARATORS
        self._layout: ScoreLayout | None = None

    def feed(self, chunk: bytes) -> Iterator[ScoreRecord | ScoreProblem]:
        """Raises ScoreFileUnreadable at the first line that is not text, ScoreFileAmbiguous."""
        for line in self._lines.feed(self._decoded(chunk)):
            yield from self._read(line)

    def close(self) -> Iterator[ScoreRecord | ScoreProblem]:
        for line in (*self._lines.feed(self._decoded(None)), *self._lines.close()):
            yield from self._read(line)
        if self._layout is None:
            raise ScoreFileAmbiguous(line=1)

    def _decoded(self, chunk: bytes | None) -> bytes:
        try:
            return self._utf8.close() if chunk is None else self._utf8.feed(chunk)
        except UnicodeError as error:
            raise ScoreFileUnreadable(line=self._line + 1) from error

    def _read(self, line: bytes | None) -> Iterator[ScoreRecord | ScoreProblem]:
        self._line += 1
        if self._line == 1 and (what := foreign_bytes(line or b"")):
            raise ScoreFileUnreadable(line=1, what=what)
        if line == b"":
            return
        text = self._text(line)
        if self._layout is None:
            if not text.strip() or self._names_separator(text):
                return
            self._layout = self._layout_of(text)
            if self._layout.has_header:
                return
        if record := self._layout.read(text, self._line):
            yield record

    def _layout_of(self, text: str) -> ScoreLayout:
        try:
            return score_layout_of(text, self._line, self._separators)
        except ScoreFileAmbiguous:
            if what := foreign_text(text):
                raise ScoreFileUnreadable(line=self._line, what=what) from None
            raise

    def _names_separator(self, text: str) -> bool:
        """Is it the first line, and does it name the separator of the file?"""
        separator = declared_separator(text) if self._line == 1 else None
        if separator is not None:
            self._separators = (separator,)
        return separator is not None

    def _text(self, line: bytes | None) -> str:
        """The text of a line. For a line that is too long, a text that is not a record."""
        if line is None:
            return "too long"
        if b"\0" in line:  # UTF-16 without a byte order mark, or not text.
            raise ScoreFileUnreadable(line=self._line)
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise ScoreFileUnreadable(line=self._line) from error
