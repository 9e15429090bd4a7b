"""A campaign with fans, and the use cases of draws over the memory adapters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.memory.drawing import MemoryDrawEngine
from adapters.memory.store import MemoryStore
from domain.model.draws.draw import Draw
from domain.model.ids import UserId
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.phones import PhoneNumber
from domain.usecases.draws.announce_draw import AnnounceDrawCommand
from entrypoints.application.draws import Draws, build_draws
from entrypoints.config.settings import Settings
from tests.contracts.registrations.entry_stores import becoming
from tests.support.codes import ManualClock
from tests.support.neighbours import MemoryBeacon, MemoryCampaigns
from tests.support.registrations import BOS, NOON, NYC, TOUR, a_campaign, an_entry
from tests.usecases.registrations.wiring import Ports

SETTINGS: Final = Settings.model_validate({})


@dataclass(frozen=True, slots=True)
class DrawScene:
    store: MemoryStore = field(default_factory=MemoryStore)
    campaigns: MemoryCampaigns = field(default_factory=lambda: MemoryCampaigns([a_campaign()]))
    beacon: MemoryBeacon = field(default_factory=MemoryBeacon)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))

    @property
    def draws(self) -> Draws:
        neighbours = replace(Ports().neighbours(), campaigns=self.campaigns, beacon=self.beacon)
        return build_draws(SETTINGS, self.store, neighbours, MemoryDrawEngine(), self.clock)

    async def put(self, *entries: Entry) -> None:
        for entry in entries:
            await self.store.entries.change(TOUR, entry.user_id, becoming(entry))

    async def announced(self, **command: Any) -> Draw:
        return await self.draws.announce(a_command(**command))

    async def list_of(self, draw: Draw) -> list[bytes]:
        return [line async for lines in await self.draws.export_list(TOUR, draw.id) for line in lines]


def a_command(places: Mapping[str, int] | None = None, **command: Any) -> AnnounceDrawCommand:
    return AnnounceDrawCommand(campaign_id=TOUR, places=places or {NYC: 2, BOS: 1}, **command)


def taking_part(name: str, **changes: Any) -> Entry:
    """A confirmed entry with a telephone of its own."""
    number = PhoneNumber(f"+1201{sum(name.encode()):07d}")
    entry = an_entry(UserId(name))
    details = replace(entry.details, phone=number)
    return replace(entry, details=details, phone_confirmed_at=NOON, selection=Selection.NONE, **changes)
