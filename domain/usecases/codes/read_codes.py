"""Reads a file of the object store as batches of codes, in constant memory (code-service REQ-004)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

from domain.model.codes.errors import FileEmpty
from domain.model.codes.files.layout import FileOptions, Understood
from domain.model.codes.files.reader import CodeFileReader
from domain.model.codes.files.rows import Row
from domain.model.codes.imports import CodeBatch, Import, Problem, Tally
from ports.objects import ObjectStore

BATCH_ROWS: Final = 5_000
"""Rows in one call of the store. As fast as larger batches, and reservations at the same time wait less."""
SLICE_BYTES: Final = 32_768
"""Bytes that are read without giving way to other requests. Takes milliseconds with any content."""

Batch = tuple[CodeBatch, Tally]
"""Codes, and the counts of the other rows between them."""


class CodeBatches:
    """The codes of one file, and how the file is read."""

    def __init__(self, objects: ObjectStore, run: Import, options: FileOptions) -> None:
        self._objects = objects
        self._run = run
        self._reader = CodeFileReader(options)
        self._builder = _BatchBuilder(run)

    @property
    def understood(self) -> Understood | None:
        return self._reader.understood

    async def read(self) -> AsyncIterator[Batch]:
        """Raises FileUnreadable, FileAmbiguous, InvalidValue before the first batch; FileEmpty at the end."""
        async for chunk in self._objects.read(str(self._run.key)):
            for start in range(0, len(chunk), SLICE_BYTES):
                for batch in self._full(self._reader.feed(chunk[start : start + SLICE_BYTES])):
                    yield batch
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
        for batch in self._full(self._reader.close()):
            yield batch
            await asyncio.sleep(0)
        self._builder.check()
        yield self._builder.take()

    def _full(self, rows: Iterator[Row]) -> Iterator[Batch]:
        for row in rows:
            self._builder.add(row)
            if self._builder.full:
                yield self._builder.take()


class _BatchBuilder:
    """Collects rows until there are enough for a batch."""

    def __init__(self, run: Import) -> None:
        self._run = run
        self._codes_in_all = self._invalid_in_all = 0
        self._first: Problem | None = None
        self._reset()

    def _reset(self) -> None:
        self._codes: list[tuple[int, str]] = []
        self._problems: list[Problem] = []
        self._blank = self._invalid = self._rows = 0

    @property
    def full(self) -> bool:
        """Are there enough rows? Blank rows count, too, so that other requests get their turn in a file of blank
        rows."""
        return self._rows >= BATCH_ROWS

    def add(self, row: Row) -> None:
        self._rows += 1
        if row.reason is not None:
            self._problems.append(Problem(row.line, row.reason.value, row.detail))
            if not row.is_header:
                self._invalid += 1
                self._first = self._first or self._problems[-1]
        elif row.code:
            self._codes.append((row.line, row.code))
        else:
            self._blank += 1

    def check(self) -> None:
        """Raises FileEmpty when the file has no code."""
        if not self._codes_in_all and not self._codes:
            first = f"Line {self._first.line}: {self._first.reason}" if self._first else ""
            raise FileEmpty(invalid=self._invalid_in_all + self._invalid, first=first)

    def take(self) -> Batch:
        run = self._run
        batch = CodeBatch(
            campaign_id=run.key.campaign_id,
            type=run.key.type,
            import_id=run.id,
            at=run.started_at,
            by=run.by,
            rows=self._codes,
        )
        tally = Tally(blank=self._blank, invalid=self._invalid) + Tally(problems=tuple(self._problems))
        self._codes_in_all += len(self._codes)
        self._invalid_in_all += self._invalid
        self._reset()
        return batch, tally
