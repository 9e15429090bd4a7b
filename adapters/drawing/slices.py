"""Parts of files of lines, so that several processes work on one file."""

from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

SMALL_BYTES: Final = 4_194_304
"""A file of up to this size is worked on by one process: to start others takes longer."""
_TASKS: Final = 8
_BUFFER: Final = 1_048_576


class Slice(NamedTuple):
    """Whole lines of a file."""

    path: Path
    start: int
    end: int
    number: int
    """Of the slice, from 0."""
    first: int = 0
    """The number of the chunk that it begins with."""

    def lines(self) -> Iterator[bytes]:
        """With their line feeds."""
        left = self.end - self.start
        with self.path.open("rb", buffering=_BUFFER) as file:
            file.seek(self.start)
            for line in file:
                if left <= 0:
                    return
                left -= len(line)
                yield line


def slices_of(path: Path) -> list[Slice]:
    """The file in a few slices."""
    size = path.stat().st_size
    with path.open("rb") as file:
        edges = [0, *(_next_line(file, size * task // _TASKS) for task in range(1, _TASKS)), size]
    return [Slice(path, *edge, number) for number, edge in enumerate(pairwise(edges)) if edge[0] < edge[1]]


def _next_line(file: BufferedReader, position: int) -> int:
    file.seek(max(position - 1, 0))
    file.readline()
    return file.tell()


def slices_at(path: Path, offsets: Sequence[int]) -> list[Slice]:
    """The file in a few slices of whole chunks. ``offsets``: where each chunk begins."""
    step = -(-len(offsets) // _TASKS) or 1
    edges = [*offsets[::step], path.stat().st_size]
    return [Slice(path, *edge, number, number * step) for number, edge in enumerate(pairwise(edges))]


class Spread:
    """Writes lines or records to many files, a buffer of each at a time."""

    def __init__(self, folder: Path, writer: str) -> None:
        self._folder = folder
        self._writer = writer
        self._buffers: dict[str, bytearray] = {}

    @property
    def parts(self) -> Iterable[str]:
        """All parts that were written to."""
        return self._buffers

    def to(self, part: str) -> bytearray:
        """The buffer of a part. Call ``flush`` now and then."""
        return self._buffers.setdefault(part, bytearray())

    def flush(self, at_least: int = 0) -> None:
        for part, buffer in self._buffers.items():
            if len(buffer) > at_least:
                with (self._folder / f"{part}.{self._writer}").open("ab") as file:
                    file.write(buffer)
                buffer.clear()
