"""States that take many steps."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from domain.model.errors import Unavailable
from domain.model.ids import CampaignId
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from tests.support.registrations import BOS, LAX, NYC, SFO, TOUR
from tests.usecases.registrations.scene import Fan, Scene

CHOICES: Final[Mapping[str, tuple[list[MarketId], float]]] = {
    "ann": ([NYC, BOS], 90.0),
    "bob": ([BOS, NYC, LAX], 80.0),
    "cy": ([LAX, SFO, BOS, NYC], 80.0),
    "di": ([SFO], 70.5),
    "ed": ([NYC], 0.0),
}
"""The markets and the score of each fan who is eligible in a pool; the best first."""

AT_ONCE: Final = timedelta(0)
_LONG: Final = {"note": "x" * 100_000}
"""A few events with this fill the outbox of one registration."""


async def a_pool(scene: Scene) -> dict[str, Fan]:
    """Five fans are eligible. Fay is not scored, Guy has changed his phone, and Hal is selected."""
    fans = {name: scene.fan(name) for name in (*CHOICES, "fay", "guy", "hal")}
    for name, fan in fans.items():
        await fan.confirmed(markets=CHOICES[name][0] if name in CHOICES else [NYC])
    await scene.score({fans[name]: score for name, (_, score) in CHOICES.items()})
    await scene.score({fans["guy"]: 99, fans["hal"]: 99})
    await fans["guy"].register(phone=scene.a_phone())
    await scene.select(Selection.SELECTED, fans["hal"])
    return fans


async def strangers_fail(
    scene: Scene, phone: PhoneNumber, *names: str, each_after: timedelta = AT_ONCE, campaign: CampaignId = TOUR
) -> None:
    """Each registers with the number and guesses until no attempt is left."""
    for name in names:
        scene.wait(each_after)
        stranger = scene.fan(name, using=phone).elsewhere(campaign)
        await stranger.register()
        await stranger.exhaust()


async def full_outbox(scene: Scene, fan: Fan) -> Entry:
    """The registration, when so many of its messages wait that one more finds no room."""
    now = scene.ports.clock.now()

    def change(entry: Entry | None) -> Entry:
        assert entry is not None
        return entry.revise(replace(entry.details, attributes=_LONG)).with_event(EntryEvent.UPDATED, now)

    try:
        while True:
            await scene.ports.entries.change(fan.campaign, fan.id, change)
    except Unavailable:
        return await fan.entry()
