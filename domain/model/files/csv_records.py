"""Reads records of a CSV file (RFC 4180) line by line, in linear time.

A quote has a meaning only at the beginning of a field. A record is bad when its quotes are never closed, or when
text follows the closing quote. While its quotes are open, a record continues on the next line.
"""

import re
from enum import Enum
from typing import Final

_SPACES: Final = re.compile(r"[ \t]*")
_SPACES_BUT_NO_TABS: Final = re.compile(r" *")


class State(Enum):
    COMPLETE = "complete"
    OPEN = "open"
    """The quotes are open at the end of the line: the next line belongs to the record."""
    BAD = "bad"


class Record:
    """One record: ``add`` its lines until it is complete or bad. A complete record has ``fields``.

    ``only``: the number of one field, from 0. The other fields are not kept.
    """

    def __init__(self, separator: str, *, only: int | None = None) -> None:
        self._separator = separator
        self._only = only
        self._spaces = _SPACES_BUT_NO_TABS if separator == "\t" else _SPACES
        self._field = 0
        self._parts: list[str] = []
        self._inside = False
        self.fields: list[str] = []

    @property
    def wanted(self) -> str:
        """The field number ``only``. Empty when the record is too short."""
        return self.fields[0] if self.fields else ""

    def add(self, line: str) -> State:
        position = 0
        if self._inside:
            position = self._quoted(line, 0)
        while position >= 0:
            if self._inside:  # A quoted field has just ended: the record ends, or a separator follows.
                self._inside = False
                self._keep("".join(self._parts))
                position = self._spaces.match(line, position).end()  # type: ignore[union-attr]  # always matches
                if position == len(line):
                    return State.COMPLETE
                if line[position] != self._separator:
                    return State.BAD
                position += 1
            begin = self._spaces.match(line, position).end()  # type: ignore[union-attr]  # always matches
            if line[begin : begin + 1] == '"':
                self._parts, self._inside = [], True
                position = self._quoted(line, begin + 1)
                continue
            end = line.find(self._separator, position)
            self._keep(line[position:] if end < 0 else line[position:end])
            if end < 0:
                return State.COMPLETE
            position = end + 1
        return State.OPEN

    def _quoted(self, line: str, position: int) -> int:
        """Read inside quotes. Returns the position behind the closing quote, or -1 when the quotes stay open."""
        while True:
            end = line.find('"', position)
            if end < 0:
                self._parts.append(line[position:] + "\n")
                return -1
            self._parts.append(line[position:end])
            if line[end + 1 : end + 2] != '"':
                return end + 1
            self._parts.append('"')
            position = end + 2

    def _keep(self, field: str) -> None:
        if self._only is None or self._field == self._only:
            self.fields.append(field)
        self._field += 1
