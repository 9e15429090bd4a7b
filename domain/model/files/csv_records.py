"""Rows of a file with separators and quotes (RFC 4180), read line by line in linear time.

A quote matters only where a field begins. Quotes that are closed and followed by more text, or never closed, make
the row bad; a row may go on over several lines while its quotes are open.
"""

import re
from enum import Enum
from typing import Final

_SPACES: Final = re.compile(r"[ \t]*")
_SPACES_BUT_NO_TABS: Final = re.compile(r" *")


class State(Enum):
    COMPLETE = "complete"
    OPEN = "open"
    """Inside quotes at the end of the line: the next line belongs to the row."""
    BAD = "bad"


class Record:
    """One row: ``add`` its lines until it is complete or bad. ``fields`` are there when it is complete.

    With ``only``, the number of a field from 0, the others are passed over and not kept.
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
        """The field that ``only`` names; empty where the row is too short."""
        return self.fields[0] if self.fields else ""

    def add(self, line: str) -> State:
        position = 0
        if self._inside:
            position = self._quoted(line, 0)
        while position >= 0:
            if self._inside:  # Only when a field has just been closed: its end, or the next separator.
                self._inside = False
                self._keep("".join(self._parts))
                position = self._spaces.match(line, position).end()  # type: ignore[union-attr]  # always matches
                if position == len(line):
                    return State.COMPLETE
                if line[position] != self._separator:
                    return State.BAD
                position += 1
            begin = self._spaces.match(line, position).end()  # type: ignore[union-attr]
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
        """Read on inside quotes; where the text behind them begins, -1 when they stay open."""
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
