"""The use cases of access codes."""

from dataclasses import dataclass

from domain.model.codes.imports import Import
from domain.usecases.codes.assign_codes import AssignCodes
from domain.usecases.codes.begin_import import BeginImport, ImportCodesCommand
from domain.usecases.codes.check_file import CheckFile
from domain.usecases.codes.count_codes import CountCodes
from domain.usecases.codes.export_codes import ExportCodes
from domain.usecases.codes.find_code import FindCode
from domain.usecases.codes.find_import import FindImport
from domain.usecases.codes.import_codes import ImportCodes
from domain.usecases.codes.list_codes import ListCodes
from domain.usecases.codes.list_imports import ListImports
from domain.usecases.codes.list_own_codes import ListOwnCodes
from domain.usecases.codes.read_code_history import ReadCodeHistory
from domain.usecases.codes.release_codes import ReleaseCodes
from domain.usecases.codes.reserve_codes import ReserveCodes
from domain.usecases.codes.sweep_reservations import SweepReservations
from domain.usecases.codes.withdraw_import import WithdrawImport
from entrypoints.config.settings import Settings
from ports.codes import CodeCatalogue
from ports.objects import ObjectStore
from ports.stores import Stores
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    begin_import: BeginImport
    run_import: ImportCodes
    check_file: CheckFile
    find_import: FindImport
    list_imports: ListImports
    withdraw_import: WithdrawImport
    reserve: ReserveCodes
    assign: AssignCodes
    release: ReleaseCodes
    sweep: SweepReservations
    count: CountCodes
    list: ListCodes
    list_own: ListOwnCodes
    export: ExportCodes
    history: ReadCodeHistory
    find: FindCode
    catalogue: CodeCatalogue

    async def import_file(self, command: ImportCodesCommand) -> Import:
        """Begin an import and run it to its end."""
        return await self.run_import(await self.begin_import(command), command.options)


def build_codes(settings: Settings, stores: Stores, objects: ObjectStore, clock: Clock) -> Codes:
    pool, catalogue, imports = stores.pool, stores.catalogue, stores.imports
    list_codes = ListCodes(catalogue=catalogue, clock=clock)
    return Codes(
        begin_import=BeginImport(objects=objects, imports=imports, clock=clock),
        run_import=ImportCodes(objects=objects, pool=pool, imports=imports, clock=clock),
        check_file=CheckFile(objects=objects, pool=pool, clock=clock),
        find_import=FindImport(imports=imports, clock=clock),
        list_imports=ListImports(imports=imports, clock=clock),
        withdraw_import=WithdrawImport(pool=pool, imports=imports, clock=clock),
        reserve=ReserveCodes(pool=pool, clock=clock, ttl=settings.reservation_ttl),
        assign=AssignCodes(pool=pool, clock=clock),
        release=ReleaseCodes(pool=pool, clock=clock),
        sweep=SweepReservations(pool=pool, clock=clock),
        count=CountCodes(catalogue=catalogue, clock=clock),
        list=list_codes,
        list_own=ListOwnCodes(catalogue=catalogue, clock=clock),
        export=ExportCodes(list_codes=list_codes),
        history=ReadCodeHistory(catalogue=catalogue, clock=clock),
        find=FindCode(catalogue=catalogue),
        catalogue=catalogue,
    )
