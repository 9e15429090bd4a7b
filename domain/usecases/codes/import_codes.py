"""Import a file of codes into a campaign."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from domain.model.codes.files.layout import DETECT, FileOptions, Understood
from domain.model.codes.imports import MAX_BATCH_ROWS, Import, Tally
from domain.model.errors import DomainError
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
    """Store every new code of a CSV file from the object store, as a stream, in constant memory.

    The head of the file is looked at first: a file that is no list of codes is refused and nothing of it stored.
    Only the first column counts, unless `column` names another; white space around a code is dropped, blank lines
    are skipped, rows that are no codes are reported. A code that the campaign has already stays exactly as it is.
    Safe to repeat, safe after a crash: what was stored stays stored, and the next run finds it there
    (code-service REQ-004, REQ-005, REQ-006).
    """

    objects: ObjectStore
    pool: CodePool
    imports: ImportLog
    clock: Clock

    async def __call__(self, run: Import, options: FileOptions = DETECT) -> Import:
        """Raises FileUnreadable, FileAmbiguous, FileEmpty, InvalidValue, FileNotFound, Unavailable; the failed run
        is on record then."""
        progress = _Progress(run, self.imports, self.clock)
        batches = CodeBatches(self.objects, run, options)
        try:
            async for tally in self._added(batches):
                await progress.add(tally, batches.understood)
        except BaseException as error:
            await progress.fail(error)
            raise
        return await progress.complete()

    async def _added(self, batches: CodeBatches) -> AsyncIterator[Tally]:
        """What became of each batch; up to BATCHES_UNDER_WAY of them are being written at once."""
        writing: deque[asyncio.Task[Tally]] = deque()
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
    """Adds up what was done and keeps it on record, not more often than REPORT_EVERY."""

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
        with suppress(DomainError):  # If the store itself is away, the run is seen as failed after SILENT_FOR.
            await self._imports.save(self._run.failed(failure, self._clock.now()))
