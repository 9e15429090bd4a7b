"""Splits a file of codes into lines, in constant memory."""

import codecs
from collections.abc import Iterator
from typing import Final

from domain.model.codes.errors import FileUnreadable

MAX_LINE_LENGTH: Final = 65_536
"""In characters. A longer line is not kept in memory."""
_MAX_BYTES_PER_CHARACTER: Final = 4


class CodeLines:
    """Turns UTF-8 bytes into lines of text. LF, CR and CRLF end a line. None stands for a line that is too long.

    It decodes whole blocks. That is several times as fast as line by line, as in ``domain.model.files.text``.
    """

    def __init__(self) -> None:
        self.number = 0
        """The number of the last line that was returned."""
        self._tail = b""
        self._skipping: codecs.IncrementalDecoder | None = None
        """Set inside a line that is too long, until its end. Such a line must be valid UTF-8, too."""

    def feed(self, data: bytes) -> Iterator[str | None]:
        data = self._tail + data
        held = data.endswith(b"\r")  # The LF may come with the next data.
        data = data[:-1] if held else data
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._skipping:
            data = self._skip(data)
        block, line_end, self._tail = data.rpartition(b"\n")
        if line_end:
            yield from self._decode(block)
        if len(self._tail) > MAX_LINE_LENGTH * _MAX_BYTES_PER_CHARACTER:
            self.number += 1
            yield None
            self._skipping = codecs.getincrementaldecoder("utf-8")()
            self._tail = self._skip(self._tail)
        if held:
            self._tail += b"\r"

    def close(self) -> Iterator[str | None]:
        rest = self._tail.removesuffix(b"\r")
        if self._skipping:
            self._skip(rest + b"\n")
        elif rest or self._tail:
            yield from self._decode(rest)

    def _skip(self, data: bytes) -> bytes:
        """The data behind the line that is too long."""
        assert self._skipping is not None
        skipped, line_end, rest = data.partition(b"\n")
        try:
            self._skipping.decode(skipped, final=bool(line_end))
        except UnicodeDecodeError as error:
            raise FileUnreadable(line=self.number) from error
        if line_end:
            self._skipping = None
        return rest

    def _decode(self, block: bytes) -> Iterator[str | None]:
        try:
            lines = block.decode().split("\n")
        except UnicodeDecodeError as error:
            before = block.count(b"\n", 0, error.start)
            raise FileUnreadable(line=self.number + before + 1) from error
        for line in lines:
            self.number += 1
            yield line if len(line) <= MAX_LINE_LENGTH else None
