"""Importing a file (REQ-004, REQ-005, REQ-006)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.memory.codes import MemoryCodeStore
from domain.model.codes.errors import FileEmpty, FileUnreadable, ImportNotFound
from domain.model.codes.files.reader import HEAD_BYTES
from domain.model.codes.imports import MAX_BATCH_ROWS, SILENT_FOR, CodeBatch, Import, ImportStatus, Problem, Tally
from domain.model.errors import InvalidValue, Unavailable
from domain.model.files.errors import FileNotFound
from domain.model.ids import CampaignId, ImportId
from domain.usecases.codes.find_import import FindImport
from domain.usecases.codes.read_codes import BATCH_ROWS
from tests.support.codes import ANN, EXTERNAL, NOON, STAFF, TICK, TM, TOUR, texts
from tests.usecases.codes.inventory import Inventory


async def test_every_row_is_counted_once(inventory: Inventory) -> None:
    await inventory.stock("OLD-1", "OLD-2")
    await inventory.stock("EXT-1", type=EXTERNAL)
    content = b"NEW-1\nOLD-1,x\n NEW-2 \nNEW-1\nEXT-1\n\n ,x\nB\0D\nOLD-2\n" + b"x" * 129

    run = await inventory.import_file(content)

    assert run.status is ImportStatus.COMPLETED
    assert run.tally == Tally(
        inserted=2,
        duplicates=3,
        conflicts=1,
        blank=2,
        invalid=2,
        problems=(Problem(8, "not_printable", "U+0000 control character"), Problem(10, "too_long")),
    )
    assert run.tally.rows == 10
    assert await inventory.find(run) == run


async def test_the_key_has_the_type_of_the_codes(inventory: Inventory) -> None:
    """REQ-002."""
    await inventory.import_file(b"A\nB", "codes/tour/external/a.csv")

    counts = (await inventory.count(TOUR)).counts
    assert (counts[EXTERNAL].available, counts[TM].total) == (2, 0)


async def test_imported_codes_know_where_they_came_from(inventory: Inventory) -> None:
    run = await inventory.import_file(b"A\n\nB\n")

    code = (await inventory.history(TOUR, "B")).code
    assert (code.provenance.import_id, code.provenance.line) == (run.id, 3)
    assert (code.provenance.by, code.provenance.at) == (STAFF, NOON)


async def test_existing_codes_are_not_changed(inventory: Inventory) -> None:
    await inventory.stock("HELD", "GIVEN")
    await inventory.reserve(2)
    await inventory.assign(("GIVEN", ANN))
    before = [await inventory.store.get(TOUR, code) for code in ("HELD", "GIVEN")]

    await inventory.import_file(b"HELD\nGIVEN\n")
    await inventory.import_file(b"HELD\nGIVEN\n", "codes/tour/external/a.csv")

    assert [await inventory.store.get(TOUR, code) for code in ("HELD", "GIVEN")] == before


async def test_a_repeated_file_inserts_nothing(inventory: Inventory) -> None:
    content = "\n".join(texts("A", 12_000)).encode()
    first = await inventory.import_file(content)

    second = await inventory.import_file(content)

    assert first.tally == Tally(inserted=12_000)
    assert second.tally == Tally(duplicates=12_000)
    assert (await inventory.count(TOUR)).total.available == 12_000


async def test_a_duplicate_in_another_batch_is_found(inventory: Inventory) -> None:
    lines = [*texts("A", BATCH_ROWS), *texts("A", 10)]

    run = await inventory.import_file("\n".join(lines).encode())

    assert run.tally == Tally(inserted=BATCH_ROWS, duplicates=10)


async def test_the_first_hundred_problems_are_listed_and_all_are_counted(inventory: Inventory) -> None:
    run = await inventory.import_file(b"\1\n" * (BATCH_ROWS + 500) + b"A\n")

    assert run.tally.invalid == BATCH_ROWS + 500
    assert [problem.line for problem in run.tally.problems] == list(range(1, 101))


@pytest.mark.parametrize(
    ("content", "invalid"), [(b"", 0), (b"\n ,x\n", 0), (b"NULL\n#REF!\n", 2), (b"code\n", 0)]
)
async def test_a_file_without_any_code_is_refused(inventory: Inventory, content: bytes, invalid: int) -> None:
    inventory.files.put("codes/tour/tm/a.csv", content)
    run = await inventory.begin()

    with pytest.raises(FileEmpty) as refused:
        await inventory.importer()(run)

    assert refused.value.context == {"invalid": invalid}
    assert (await inventory.find(run)).failure == "codes.file_empty"


@pytest.mark.parametrize("key", ["codes/other/tm/a.csv", "codes/tour/vip/a.csv", "codes/tour/tm/.."])
async def test_a_key_of_another_campaign_is_refused(inventory: Inventory, key: str) -> None:
    inventory.files.put(key, b"A")

    with pytest.raises(InvalidValue):
        await inventory.begin(key)


async def test_no_import_begins_without_the_file(inventory: Inventory) -> None:
    with pytest.raises(FileNotFound):
        await inventory.begin("codes/tour/tm/missing.csv")


async def test_an_import_fails_at_the_line_that_is_not_utf_8_and_stored_codes_stay(inventory: Inventory) -> None:
    inventory.files.put("codes/tour/tm/a.csv", wide(3 * BATCH_ROWS) + b"\nB\xff\nC\n")
    run = await inventory.begin()

    with pytest.raises(FileUnreadable) as refused:
        await inventory.importer()(run)

    assert refused.value.context == {"line": 3 * BATCH_ROWS + 1}
    failed = await inventory.find(run)
    assert (failed.status, failed.failure) == (ImportStatus.FAILED, "codes.file_unreadable")
    assert failed.tally.inserted >= 2 * BATCH_ROWS
    assert failed.tally.inserted == (await inventory.count(TOUR)).total.available


def wide(rows: int) -> bytes:
    """Codes of a file that is larger than its head. Nothing is stored before the head was checked."""
    padding = "x" * (HEAD_BYTES // rows)
    return "\n".join(f"{code},{padding}" for code in texts("A", rows)).encode()


@dataclass(slots=True)
class Torn:
    """An ObjectStore with a file that stops in the middle: with an error, or by waiting for ever."""

    content: bytes
    error: Exception | None = None
    stuck: asyncio.Event = field(default_factory=asyncio.Event)

    async def size(self, key: str) -> int:
        return len(self.content)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        yield self.content
        if self.error is not None:
            raise self.error
        self.stuck.set()
        await asyncio.Event().wait()


async def test_when_the_object_store_goes_down_the_import_fails_and_keeps_its_counts(inventory: Inventory) -> None:
    torn = Torn(wide(BATCH_ROWS + 7), Unavailable("objects"))
    inventory.files.put("codes/tour/tm/a.csv", b"")
    run = await inventory.begin()

    with pytest.raises(Unavailable):
        await inventory.importer(torn)(run)

    failed = await inventory.find(run)
    assert (failed.status, failed.failure) == (ImportStatus.FAILED, "service.unavailable")
    assert failed.tally == Tally(inserted=BATCH_ROWS)


async def test_a_failed_import_can_be_repeated(inventory: Inventory) -> None:
    content = wide(BATCH_ROWS + 7)
    inventory.files.put("codes/tour/tm/a.csv", content)
    with pytest.raises(Unavailable):
        await inventory.importer(Torn(content, Unavailable("objects")))(await inventory.begin())

    again = await inventory.importer()(await inventory.begin())

    assert again.tally == Tally(inserted=7, duplicates=BATCH_ROWS)


class Broken(MemoryCodeStore):
    """Its first write fails in an unexpected way; the others take a while."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.ended = 0

    async def add(self, batch: CodeBatch) -> Tally:
        self.begun += 1
        if self.begun == 1:
            raise ZeroDivisionError
        for _ in range(100):
            await asyncio.sleep(0)
        self.ended += 1
        return await super().add(batch)


async def test_an_import_that_fails_ends_after_the_writes_that_it_began(inventory: Inventory) -> None:
    inventory.store = store = Broken()

    with pytest.raises(ZeroDivisionError):
        await inventory.import_file(b"\n".join(b"%d" % number for number in range(3 * BATCH_ROWS)))

    assert (store.begun, store.ended) == (2, 1)


async def test_an_import_that_is_stopped_is_recorded_as_failed(inventory: Inventory) -> None:
    inventory.files.put("codes/tour/tm/a.csv", b"")
    run = await inventory.begin()
    torn = Torn(b"A\nB\n")
    task = asyncio.create_task(inventory.importer(torn)(run))
    await torn.stuck.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    stopped = await inventory.find(run)
    assert (stopped.status, stopped.failure) == (ImportStatus.FAILED, "codes.import_interrupted")


async def test_an_import_of_a_dead_process_counts_as_failed_after_two_minutes(inventory: Inventory) -> None:
    inventory.files.put("codes/tour/tm/a.csv", b"A\n")
    run = await inventory.begin()

    inventory.clock.advance(SILENT_FOR)
    assert (await inventory.find(run)).status is ImportStatus.RUNNING

    inventory.clock.advance(TICK)
    dead = await inventory.find(run)
    assert (dead.status, dead.failure) == (ImportStatus.FAILED, "codes.import_interrupted")


async def test_an_unknown_import_is_not_found(inventory: Inventory) -> None:
    run = await inventory.import_file(b"A")

    find = FindImport(imports=inventory.runs, clock=inventory.clock)
    with pytest.raises(ImportNotFound):
        await find(CampaignId("other"), run.id)
    with pytest.raises(ImportNotFound):
        await find(TOUR, ImportId("unknown"))


class Watched(MemoryCodeStore):
    """Records the size of each batch and the counts that were stored until then. Each batch takes a second."""

    def __init__(self, inventory: Inventory, run: Import) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.on_record: list[int] = []
        self._inventory = inventory
        self._run = run

    async def add(self, batch: CodeBatch) -> Tally:
        self.sizes.append(len(batch.rows))
        self.on_record.append((await self._inventory.find(self._run)).tally.rows)
        self._inventory.clock.advance(timedelta(seconds=1))
        return await super().add(batch)


async def test_batches_are_bounded_and_progress_can_be_seen(inventory: Inventory) -> None:
    """REQ-004: never more than 50,000 rows at once, with files of any length."""
    inventory.files.put("codes/tour/tm/a.csv", "\n".join(texts("A", 120_000)).encode())
    run = await inventory.begin()
    inventory.store = Watched(inventory, run)

    done = await inventory.importer()(run)

    assert done.tally == Tally(inserted=120_000)
    assert sum(inventory.store.sizes) == 120_000
    assert max(inventory.store.sizes) <= MAX_BATCH_ROWS
    assert inventory.store.on_record == sorted(inventory.store.on_record)
    assert 0 < inventory.store.on_record[-1] < 120_000
