"""Import a file of codes into a campaign."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Final

from domain.model.codes.errors import FileAmbiguous, FileEmpty, FileUnreadable
from domain.model.codes.files.layout import DETECT, FileOptions, Understood
from domain.model.codes.imports import MAX_BATCH_ROWS, Import, Tally
from domain.model.errors import DomainError, InvalidValue, Refusals
from domain.model.files.errors import FileNotFound
from domain.usecases.codes.read_codes import BATCH_ROWS, CodeBatches
from ports.codes import CodePool, ImportLog
from ports.objects import ObjectStore
from ports.system import Clock

BATCHES_UNDER_WAY: Final = 2
"""One batch is written while the next is read."""
REPORT_EVERY: Final = timedelta(milliseconds=500)

assert BATCH_ROWS * (BATCHES_UNDER_WAY + 1) <= MAX_BATCH_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCodes:
    """Store all new codes of a CSV file from the object store, as a stream, in constant memory.

    The head of the file is checked first: a file that is not a list of codes is refused, and nothing is stored.
    The codes are in the first column unless `column` names another one. White space around a code is removed,
    blank lines are skipped, and rows that are not codes are reported. A code that the campaign has already is not
    changed. An import can be repeated at any time, also after a crash: stored codes stay stored, and the next
    import counts them as duplicates (code-service REQ-004, REQ-005, REQ-006).
    """

    raises: ClassVar[Refusals] = (InvalidValue, FileNotFound, FileUnreadable, FileAmbiguous, FileEmpty)

    objects: ObjectStore
    pool: CodePool
    imports: ImportLog
    clock: Clock

    async def __call__(self, run: Import, options: FileOptions = DETECT) -> Import:
        """Raises FileUnreadable, FileAmbiguous, FileEmpty, InvalidValue, FileNotFound, Unavailable. The import is
        then recorded as failed."""
        progress = _Progress(run, self.imports, self.clock)
        batches = CodeBatches(self.objects, run, options)
        try:
            async with aclosing(self._added(batches)) as tallies:
                async for tally in tallies:
                    await progress.add(tally, batches.understood)
        except BaseException as error:
            await progress.fail(error)
            raise
        return await progress.complete()

    async def _added(self, batches: CodeBatches) -> AsyncGenerator[Tally, None]:
        """The result of each batch. When something fails, the writes that were started end before this does."""
        writing: deque[asyncio.Task[Tally]] = deque()
        try:
            async for tally in self._written(batches, writing):
                yield tally
        finally:
            await asyncio.gather(*writing, return_exceptions=True)

    async def _written(
        self, batches: CodeBatches, writing: deque[asyncio.Task[Tally]]
    ) -> AsyncGenerator[Tally, None]:
        """Up to BATCHES_UNDER_WAY batches are written at the same time."""
        unreadable: DomainError | None = None
        try:
            async for batch, tally in batches.read():
                yield tally
                writing.append(asyncio.create_task(self.pool.add(batch)))
                if len(writing) >= BATCHES_UNDER_WAY:
                    yield await writing.popleft()
        except DomainError as error:
            unreadable = error
        while writing:
            yield await writing.popleft()
        if unreadable is not None:
            raise unreadable


class _Progress:
    """Adds up the results and records them, at most once in REPORT_EVERY."""

    def __init__(self, run: Import, imports: ImportLog, clock: Clock) -> None:
        self._run = run
        self._imports = imports
        self._clock = clock
        self._reported_at = run.started_at

    async def add(self, tally: Tally, understood: Understood | None) -> None:
        now = self._clock.now()
        self._run = replace(self._run.progressed(self._run.tally + tally, now), understood=understood)
        if now - self._reported_at >= REPORT_EVERY:
            self._reported_at = now
            await self._imports.save(self._run)

    async def complete(self) -> Import:
        self._run = self._run.completed(self._clock.now())
        await self._imports.save(self._run)
        return self._run

    async def fail(self, error: BaseException) -> None:
        failure = error.code if isinstance(error, DomainError) else "codes.import_interrupted"
        with suppress(DomainError):  # If the store is down, the import counts as failed after SILENT_FOR.
            await self._imports.save(self._run.failed(failure, self._clock.now()))
