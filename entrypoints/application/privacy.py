"""The use cases of a person over all campaigns."""

from dataclasses import dataclass

from domain.usecases.draws.list_own_draws import ListOwnDraws
from domain.usecases.privacy.erase_person import ErasePerson
from domain.usecases.privacy.export_person import ExportPerson
from domain.usecases.privacy.list_retention import ListRetention
from domain.usecases.privacy.purge_closed import PurgeClosed
from entrypoints.config.settings import Settings
from ports.neighbours import Campaigns
from ports.stores import Stores
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    export: ExportPerson
    erase: ErasePerson
    purge: PurgeClosed
    retention: ListRetention
    retention_days: int
    """After which the worker purges by itself. 0: it does not."""


def build_privacy(settings: Settings, stores: Stores, campaigns: Campaigns, clock: Clock, key: bytes) -> Privacy:
    own_draws = ListOwnDraws(
        draws=stores.draws, lists=stores.draw_lists, results=stores.draw_results, entries=stores.entries
    )
    places, reader = stores.personal_data, stores.person_reader
    return Privacy(
        export=ExportPerson(
            places=places, reader=reader, audit=stores.audit, own_draws=own_draws, clock=clock, key=key
        ),
        erase=ErasePerson(places=places, reader=reader, clock=clock, key=key),
        purge=PurgeClosed(
            queries=stores.entry_queries, withdrawals=stores.withdrawals, campaigns=campaigns, clock=clock
        ),
        retention=ListRetention(queries=stores.entry_queries, campaigns=campaigns, clock=clock),
        retention_days=settings.retention_days,
    )
