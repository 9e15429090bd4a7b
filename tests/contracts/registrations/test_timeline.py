"""What every EntrySearch promises of the timeline, held against a slow reading of all entries."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.mongo.entries.search import MongoEntrySearch
from domain.model.ids import CampaignId
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.timeline import TimelinePoint, TimelineSpan, TimeUnit
from tests.contracts.registrations.entry_stores import (
    NOW,
    TOUR,
    EntryPorts,
    existing,
    fan,
    phone,
    registered,
    store,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]


@pytest.fixture(params=["as it is", "many"])
def ports(request: pytest.FixtureRequest, entry_ports: EntryPorts) -> EntryPorts:
    """Over MongoDB also in the way that campaigns with many entries are counted."""
    if request.param == "as it is":
        return entry_ports
    if entry_ports.scoring is None:
        pytest.skip("memory has one way")
    return replace(entry_ports, search=MongoEntrySearch(entry_ports.scoring.database["entries"], many=1))


STEPS = [
    (TimeUnit.MINUTE, timedelta(minutes=1)),
    (TimeUnit.HOUR, timedelta(hours=1)),
    (TimeUnit.DAY, timedelta(days=1)),
]
TICK = timedelta(milliseconds=1)


def confirming(late: datetime) -> Callable[[Entry], Entry]:
    return lambda entry: entry.confirm(late).with_event(EntryEvent.PHONE_CONFIRMED, late)


async def a_campaign(ports: EntryPorts, length: timedelta) -> list[Entry]:
    """Entries around the limits of units, some confirmed later than they were made; one was withdrawn."""
    chance = random.Random(7)
    entries: list[Entry] = []
    for number in range(40):
        at = NOW + chance.randrange(-2, 5) * length + chance.choice((-TICK, timedelta(), TICK, length / 2))
        await store(ports, registered(fan(number), phone(number), confirmed=number % 3 == 0, at=at))
        if number % 3 == 1:
            late = at + chance.choice((TICK, length, 3 * length))
            await ports.entries.change(TOUR, fan(number), existing(confirming(late)))
        stored = await ports.entries.get(TOUR, fan(number))
        assert stored is not None
        entries.append(stored)
    await store(ports, registered(fan(90), phone(90), campaign_id=CampaignId("other"), confirmed=True))
    await ports.withdrawals.withdraw(TOUR, entries.pop().user_id, NOW)
    return entries


def slowly(entries: Sequence[Entry], begin: datetime, length: timedelta, points: int) -> list[TimelinePoint]:
    found = []
    for number in range(points):
        at = begin + number * length
        created = [entry for entry in entries if at <= entry.created_at < at + length]
        confirmed = [
            one for one in entries if one.phone_confirmed_at and at <= one.phone_confirmed_at < at + length
        ]
        found.append(TimelinePoint(at=at, created=len(created), confirmed=len(confirmed)))
    return found


@pytest.mark.parametrize(("unit", "length"), STEPS, ids=[unit for unit, _ in STEPS])
async def test_the_timeline_is_exact(ports: EntryPorts, unit: TimeUnit, length: timedelta) -> None:
    entries = await a_campaign(ports, length)
    begin = NOW.replace(hour=0) if unit is TimeUnit.DAY else NOW

    for first, points in ((-3, 12), (0, 1), (1, 3), (-9, 2), (-700, 1_500)):
        span = TimelineSpan(unit=unit, start=begin + first * length, points=points)
        found = await ports.search.timeline(TOUR, span)
        assert list(found) == slowly(entries, span.start, length, points)


async def test_a_campaign_without_entries_has_points_all_the_same(entry_ports: EntryPorts) -> None:
    span = TimelineSpan(unit=TimeUnit.HOUR, start=NOW, points=2)

    assert await entry_ports.search.timeline(CampaignId("unknown"), span) == [
        TimelinePoint(at=NOW, created=0, confirmed=0),
        TimelinePoint(at=NOW + timedelta(hours=1), created=0, confirmed=0),
    ]
