"""Wiring: which adapter fills which port. The only place that names adapters.

``application`` opens what the settings ask for, and closes it again; HTTP, worker and CLI all drive the
same frozen ``Application``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.files.objects import FolderObjectStore, SingleFile
from adapters.memory.codes import MemoryCodeStore, MemoryImportLog
from adapters.memory.objects import MemoryObjectStore
from adapters.mongo.store import MongoStore, check_url, mongo_store
from adapters.s3.objects import s3_object_store
from adapters.system.clock import SystemClock
from domain.model.errors import Unavailable
from domain.usecases.assign_codes import AssignCodes
from domain.usecases.import_codes import BeginImport, FindImport, ImportCodes
from domain.usecases.look_up_codes import CountCodes, ExportCodes, ListCodes, TellCodeHistory
from domain.usecases.release_codes import ReleaseCodes
from domain.usecases.reserve_codes import ReserveCodes
from domain.usecases.sweep_reservations import SweepReservations
from entrypoints.settings import PREFIX, ConfigurationError, Settings
from ports.clock import Clock
from ports.codes import CodeCatalogue, CodePool, ImportLog
from ports.health import HealthCheck
from ports.objects import ObjectStore


class CheckedObjectStore(ObjectStore, HealthCheck, Protocol):
    """An object store that can be asked how it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The ports that one store fills."""

    pool: CodePool
    catalogue: CodeCatalogue
    imports: ImportLog
    health: HealthCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything Fangate can do."""

    begin_import: BeginImport
    import_codes: ImportCodes
    find_import: FindImport
    reserve_codes: ReserveCodes
    assign_codes: AssignCodes
    release_codes: ReleaseCodes
    count_codes: CountCodes
    list_codes: ListCodes
    export_codes: ExportCodes
    tell_code_history: TellCodeHistory
    sweep_reservations: SweepReservations
    health: Sequence[HealthCheck]


def check(settings: Settings) -> None:
    """Raises ConfigurationError for a URL that cannot be used; opens nothing."""
    if not settings.in_memory:
        try:
            check_url(settings.store)
        except ValueError as error:
            raise ConfigurationError(f"{PREFIX}STORE: {error}") from None
    if settings.objects.startswith("s3:") and not _bucket_name(settings):
        raise ConfigurationError(f"{PREFIX}OBJECTS: must name a bucket: s3://bucket")


@asynccontextmanager
async def application(
    settings: Settings, *, clock: Clock | None = None, objects: CheckedObjectStore | None = None
) -> AsyncIterator[Application]:
    """The application, for as long as the block lasts. Ports given as arguments replace the configured ones.

    Raises ConfigurationError for a URL that cannot be used.
    """
    check(settings)
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        stores = await _open_store(settings, stack)
        files = objects or await OBJECT_STORES[settings.objects.partition(":")[0]](settings, stack)
        list_codes = ListCodes(catalogue=stores.catalogue, clock=clock)
        yield Application(
            begin_import=BeginImport(objects=files, imports=stores.imports, clock=clock),
            import_codes=ImportCodes(objects=files, pool=stores.pool, imports=stores.imports, clock=clock),
            find_import=FindImport(imports=stores.imports, clock=clock),
            reserve_codes=ReserveCodes(pool=stores.pool, clock=clock, ttl=settings.reservation_ttl),
            assign_codes=AssignCodes(pool=stores.pool, clock=clock),
            release_codes=ReleaseCodes(pool=stores.pool, clock=clock),
            count_codes=CountCodes(catalogue=stores.catalogue, clock=clock),
            list_codes=list_codes,
            export_codes=ExportCodes(list_codes=list_codes),
            tell_code_history=TellCodeHistory(catalogue=stores.catalogue, clock=clock),
            sweep_reservations=SweepReservations(pool=stores.pool, clock=clock),
            health=(stores.health, files),
        )


async def migrate(settings: Settings) -> list[str]:
    """Build what the store needs and does not have yet; the names of what was built."""
    check(settings)
    if settings.in_memory:
        return []
    async with AsyncExitStack() as stack:
        return await (await _open_mongo(settings, stack)).migrate()


def single_file(path: Path, on_read: Callable[[int], None]) -> CheckedObjectStore:
    """One file of this machine as an object store; ``on_read`` hears how many bytes were read each time."""
    return SingleFile(path, on_read)


async def _open_store(settings: Settings, stack: AsyncExitStack) -> Stores:
    if settings.in_memory:
        memory = MemoryCodeStore()
        return Stores(pool=memory, catalogue=memory, imports=MemoryImportLog(), health=memory)
    mongo = await _open_mongo(settings, stack)
    with suppress(Unavailable):  # Start all the same: /readyz tells, and it is prepared when it is back.
        await mongo.prepare()
    return Stores(pool=mongo.pool, catalogue=mongo.catalogue, imports=mongo.imports, health=mongo)


async def _open_mongo(settings: Settings, stack: AsyncExitStack) -> MongoStore:
    return await stack.enter_async_context(mongo_store(settings.store))


async def _memory_objects(_: Settings, __: AsyncExitStack) -> CheckedObjectStore:
    return MemoryObjectStore()


async def _folder(settings: Settings, _: AsyncExitStack) -> CheckedObjectStore:
    return FolderObjectStore(Path(_rest(settings.objects)))


async def _bucket(settings: Settings, stack: AsyncExitStack) -> CheckedObjectStore:
    store = s3_object_store(_bucket_name(settings), region=settings.aws_region)
    return await stack.enter_async_context(store)


def _bucket_name(settings: Settings) -> str:
    return _rest(settings.objects).strip("/")


def _rest(url: str) -> str:
    return url.partition(":")[2]


OBJECT_STORES: Mapping[str, Callable[[Settings, AsyncExitStack], Awaitable[CheckedObjectStore]]] = {
    "file": _folder,
    "memory": _memory_objects,
    "s3": _bucket,
}
"""The scheme of FANGATE_OBJECTS picks the adapter; a new one is a module and a line here."""
