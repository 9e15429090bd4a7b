"""All use cases of codes over the memory adapters, with a clock that tests can move."""

from dataclasses import dataclass, field

from adapters.memory.codes import MemoryCodeStore
from adapters.memory.imports import MemoryImportLog
from adapters.memory.objects import MemoryObjectStore
from domain.model.codes.code import CodeType
from domain.model.codes.imports import Import
from domain.model.codes.reservations import Reservation
from domain.model.ids import ReserveId, UserId
from domain.usecases.codes.assign_codes import AssignCodes, AssignCodesCommand, Assigned, Assignment, NotAssigned
from domain.usecases.codes.begin_import import BeginImport, ImportCodesCommand
from domain.usecases.codes.count_codes import CountCodes
from domain.usecases.codes.export_codes import ExportCodes
from domain.usecases.codes.find_import import FindImport
from domain.usecases.codes.import_codes import ImportCodes
from domain.usecases.codes.list_codes import ListCodes
from domain.usecases.codes.read_code_history import ReadCodeHistory
from domain.usecases.codes.release_codes import ReleaseCodes, ReleaseCodesCommand, Released
from domain.usecases.codes.reserve_codes import ReserveCodes, ReserveCodesCommand
from domain.usecases.codes.sweep_reservations import SweepReservations
from ports.objects import ObjectStore
from tests.support.codes import DAY, MINE, STAFF, TM, TOUR, ManualClock, a_batch


@dataclass(slots=True)
class Inventory:
    """The codes of one campaign, with a short method for each operation."""

    clock: ManualClock = field(default_factory=ManualClock)
    store: MemoryCodeStore = field(default_factory=MemoryCodeStore)
    runs: MemoryImportLog = field(default_factory=MemoryImportLog)
    files: MemoryObjectStore = field(default_factory=MemoryObjectStore)

    async def stock(self, *codes: str, type: CodeType = TM) -> None:
        await self.store.add(a_batch(codes, type=type, import_id=f"import-{type}"))

    async def begin(self, key: str = "codes/tour/tm/a.csv") -> Import:
        begin = BeginImport(objects=self.files, imports=self.runs, clock=self.clock)
        return await begin(ImportCodesCommand(campaign_id=TOUR, key=key, by=STAFF))

    def importer(self, files: ObjectStore | None = None) -> ImportCodes:
        objects = files or self.files
        return ImportCodes(objects=objects, pool=self.store, imports=self.runs, clock=self.clock)

    async def import_file(self, content: bytes, key: str = "codes/tour/tm/a.csv") -> Import:
        self.files.put(key, content)
        return await self.importer()(await self.begin(key))

    async def find(self, run: Import) -> Import:
        return await FindImport(imports=self.runs, clock=self.clock)(TOUR, run.id)

    async def reserve(
        self, count: int = 1, *, reserve_id: ReserveId | None = MINE, type: CodeType = TM
    ) -> Reservation:
        reserve = ReserveCodes(pool=self.store, clock=self.clock, ttl=DAY)
        return await reserve(
            ReserveCodesCommand(campaign_id=TOUR, type=type, count=count, reserve_id=reserve_id, by=STAFF)
        )

    async def assign(
        self, *pairs: tuple[str, UserId], reserve_id: ReserveId = MINE
    ) -> list[Assigned | NotAssigned]:
        assignments = [Assignment(code=code, user_id=user_id) for code, user_id in pairs]
        command = AssignCodesCommand(campaign_id=TOUR, reserve_id=reserve_id, assignments=assignments, by=STAFF)
        return list(await AssignCodes(pool=self.store, clock=self.clock)(command))

    async def release(self, *codes: str, reserve_id: ReserveId = MINE) -> Released:
        """The codes named; without any, all that is held."""
        command = ReleaseCodesCommand(campaign_id=TOUR, reserve_id=reserve_id, codes=codes or None, by=STAFF)
        return await ReleaseCodes(pool=self.store, clock=self.clock)(command)

    async def sweep(self) -> int:
        return await SweepReservations(pool=self.store, clock=self.clock)()

    @property
    def count(self) -> CountCodes:
        return CountCodes(catalogue=self.store, clock=self.clock)

    @property
    def list(self) -> ListCodes:
        return ListCodes(catalogue=self.store, clock=self.clock)

    @property
    def export(self) -> ExportCodes:
        return ExportCodes(list_codes=self.list)

    @property
    def history(self) -> ReadCodeHistory:
        return ReadCodeHistory(catalogue=self.store, clock=self.clock)
