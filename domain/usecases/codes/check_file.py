"""Check a file of codes without storing anything: a dry run."""

from collections import deque
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from domain.model.codes.errors import FileAmbiguous, FileEmpty, FileUnreadable
from domain.model.codes.imports import CodeBatch, Import, Tally, UploadKey
from domain.model.codes.seen import Seen
from domain.model.errors import InvalidValue, Refusals
from domain.model.files.errors import FileNotFound
from domain.usecases.codes.begin_import import ImportCodesCommand
from domain.usecases.codes.read_codes import CodeBatches
from ports.codes import CodePool
from ports.objects import ObjectStore
from ports.system import Clock

SAMPLE: Final = 5
"""How many codes of the beginning, and of the end, the report shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFile:
    """The report that an import of the file would get, with the first and the last five codes. Nothing is stored.

    Other requests may change codes in the meantime, so the counts of the import itself may differ a little.
    """

    raises: ClassVar[Refusals] = (InvalidValue, FileNotFound, FileUnreadable, FileAmbiguous, FileEmpty)

    objects: ObjectStore
    pool: CodePool
    clock: Clock

    async def __call__(self, command: ImportCodesCommand) -> Import:
        """Raises InvalidValue, FileNotFound, FileUnreadable, FileAmbiguous, FileEmpty, Unavailable."""
        key = UploadKey.parse(command.key, campaign_id=command.campaign_id)
        now = self.clock.now()
        run = Import.begun(key, command.by, now)
        batches = CodeBatches(self.objects, run, command.options)
        seen, tally, sample = Seen(), Tally(), _Sample()
        async for batch, others in batches.read():
            sample.add(batch)
            fresh = [(line, code) for line, code in batch.rows if not seen.add(code)]
            repeated = Tally(duplicates=len(batch.rows) - len(fresh))
            tally += others + repeated + await self.pool.check(replace(batch, rows=fresh))
        checked = run.progressed(tally, now).checked(sample.codes, self.clock.now())
        return replace(checked, understood=batches.understood)


class _Sample:
    def __init__(self) -> None:
        self._first: list[str] = []
        self._last: deque[str] = deque(maxlen=SAMPLE)

    def add(self, batch: CodeBatch) -> None:
        codes = [code for _, code in batch.rows]
        missing = SAMPLE - len(self._first)
        self._first += codes[:missing]
        self._last.extend(codes[missing:])

    @property
    def codes(self) -> list[str]:
        return [*self._first, *self._last]
