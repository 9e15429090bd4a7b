"""Everything Fangate can do, over the adapters that fill its ports."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.usecases.audit.list_changes import ListChanges
from domain.usecases.audit.record_change import RecordChange
from domain.usecases.audit.take_once import TakeOnce
from domain.usecases.files.upload_file import UploadFile
from domain.usecases.registrations.limit_calls import LimitCalls, per_minute
from entrypoints.application.codes import Codes, build_codes
from entrypoints.application.draws import Draws, build_draws
from entrypoints.application.messaging import Messaging, build_messaging
from entrypoints.application.needs import CheckedObjectStore, Neighbours
from entrypoints.application.phones import Phones, build_phones
from entrypoints.application.privacy import Privacy, build_privacy
from entrypoints.application.registrations import Registrations, build_registrations
from entrypoints.config.settings import Settings
from ports.drawing import DrawEngine
from ports.stores import Stores
from ports.system import Clock, HealthCheck, StoreHealth, current_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The use cases, in groups. HTTP, the worker and the command line all drive this."""

    codes: Codes
    registrations: Registrations
    phones: Phones
    draws: Draws
    messaging: Messaging
    upload_file: UploadFile
    privacy: Privacy
    limit_calls: LimitCalls
    record_change: RecordChange
    list_changes: ListChanges
    take_once: TakeOnce
    clock: Clock
    store: StoreHealth
    health: Sequence[HealthCheck]


def assemble(
    settings: Settings,
    *,
    stores: Stores,
    neighbours: Neighbours,
    objects: CheckedObjectStore,
    engine: DrawEngine,
    clock: Clock,
    confirmation_key: bytes,
) -> Application:
    """Plain constructors. Each group has a builder of its own."""
    phones = build_phones(settings, stores, neighbours, clock, confirmation_key)
    return Application(
        codes=build_codes(settings, stores, objects, clock),
        registrations=build_registrations(stores, neighbours, phones, objects, clock),
        phones=phones,
        draws=build_draws(settings, stores, neighbours, engine, clock),
        messaging=build_messaging(settings, stores, neighbours, clock),
        upload_file=UploadFile(uploads=objects, limit=settings.upload_limit),
        privacy=build_privacy(settings, stores, neighbours.campaigns, clock, confirmation_key),
        limit_calls=_limit_calls(settings, stores, clock),
        record_change=RecordChange(log=stores.audit, clock=clock, request=current_request, key=confirmation_key),
        list_changes=ListChanges(log=stores.audit),
        take_once=TakeOnce(limits=stores.limits, clock=clock),
        clock=clock,
        store=stores,
        health=(stores, objects),
    )


def _limit_calls(settings: Settings, stores: Stores, clock: Clock) -> LimitCalls:
    return LimitCalls(
        limits=stores.limits,
        clock=clock,
        writes=per_minute(settings.rate_writes_per_minute),
        reads=per_minute(settings.rate_reads_per_minute),
        address=per_minute(settings.rate_address_per_minute),
    )
