"""What every EntrySearch promises, held against a slow reading of all entries."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest

from adapters.mongo.entries.search import MongoEntrySearch
from domain.model.ids import CampaignId
from domain.model.registrations.entry import Entry, EntryEvent, EntryStatus, Fraud, FraudStatus, Selection
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.search import EntryFilter, ListPosition
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    EntryPorts,
    existing,
    fan,
    new_campaign,
    noted,
    phone,
    registered,
    store,
    without_messages,
)

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

ABROAD, AT_HOME = PhoneNumber("+5491123456700"), PhoneNumber("+541123456700")
"""One telephone."""
SEARCHED, FEW = 5, 2
FRAUDS: Final = tuple(FraudStatus)
FILTERS: dict[str, Sequence[Any]] = {
    "user_id": [fan(3), fan(4), fan(999)],
    "phone": [phone(3), ABROAD, AT_HOME, phone(999)],
    "email": ["Fan@Example.com", "other@example.com", "nobody@example.com"],
    "status": list(EntryStatus),
    "market": [*MARKETS[:3], MarketId("nowhere")],
    "selection": list(Selection),
    "fraud": list(FraudStatus),
    "scored": [True, False],
}
"""Values for each field of EntryFilter."""
FIRST: Final = [EntryFilter(**{name: value}) for name, values in FILTERS.items() for value in values]
PAIRS: Final = [
    EntryFilter(**{one: FILTERS[one][0], other: value})
    for one, other in product(FILTERS, FILTERS)
    if one != other
    for value in FILTERS[other][:2]
]


@pytest.fixture(params=["as it is", "small"])
def ports(request: pytest.FixtureRequest, entry_ports: EntryPorts) -> EntryPorts:
    """Over MongoDB also with pages that read next to nothing, so that small campaigns reach the bounds."""
    if request.param == "as it is":
        return entry_ports
    if entry_ports.scoring is None:
        pytest.skip("memory has no bounds")
    entries = entry_ports.scoring.database["entries"]
    return replace(entry_ports, search=MongoEntrySearch(entries, searched=SEARCHED, few=FEW))


def a_crowd() -> list[Entry]:
    """Of every kind, several in each instant."""
    crowd: list[Entry] = []
    for number, (markets, score, selection) in enumerate(
        product((MARKETS[:1], MARKETS[2:0:-1], MARKETS[3:]), (None, 0.0, 50.0), Selection)
    ):
        at = NOW + timedelta(seconds=number // 3)
        entry = registered(fan(number), phone(number), markets=markets, confirmed=number % 5 > 0, at=at)
        email = (None, "FAN@example.com", "Other@Example.Com")[number % 3]
        details = replace(entry.details, email=email)
        fraud = Fraud(status=FRAUDS[number % 5], score=None if number % 5 > 2 else 10)
        crowd.append(replace(entry, details=details, fraud=fraud, score=score, selection=selection))
    spelled = [registered(fan(90 + of), number, at=NOW) for of, number in enumerate((ABROAD, AT_HOME, ABROAD))]
    return [*crowd, *spelled]


async def a_campaign(ports: EntryPorts) -> list[Entry]:
    """Its entries. Two others were withdrawn, and one fan registered again."""
    crowd = a_crowd()
    gone, again = registered(fan(500), phone(500)), registered(fan(501), phone(501), confirmed=True)
    elsewhere = registered(fan(3), phone(3), campaign_id=CampaignId("other"))
    await store(ports, *crowd, gone, again, elsewhere)
    for one in (gone, again):
        await ports.withdrawals.withdraw(TOUR, one.user_id, NOW)
    back = registered(fan(501), phone(501), at=NOW + timedelta(hours=1))
    await store(ports, back)
    stored = await ports.entries.get(TOUR, fan(501))
    assert stored is not None
    return [*(without_messages(one) for one in crowd), stored]


def fits(entry: Entry, wanted: EntryFilter) -> bool:
    """Written apart from the model."""
    same = {AT_HOME, ABROAD}
    numbers = same if wanted.phone in same else {wanted.phone}
    email = (entry.details.email or "").lower()
    scored = "no" if entry.score is None else "yes"
    return all(
        (
            wanted.user_id in {None, entry.user_id},
            wanted.phone is None or entry.details.phone in numbers,
            wanted.email is None or email == wanted.email.lower(),
            wanted.status in {None, entry.status},
            wanted.market is None or wanted.market in list(entry.details.markets),
            wanted.selection in {None, entry.selection},
            wanted.fraud in {None, entry.fraud.status},
            wanted.scored is None or (entry.confirmed and scored == ("yes" if wanted.scored else "no")),
        )
    )


def slowly(entries: Sequence[Entry], wanted: EntryFilter) -> list[Entry]:
    found = [entry for entry in entries if fits(entry, wanted)]
    found.sort(key=lambda entry: entry.user_id, reverse=True)
    found.sort(key=lambda entry: entry.created_at, reverse=True)
    return found


async def walked(ports: EntryPorts, wanted: EntryFilter, limit: int) -> list[Entry]:
    """All pages, one behind the other."""
    found: list[Entry] = []
    after: ListPosition | None = None
    for _ in range(1_000):
        page = await ports.search.page(TOUR, wanted, after=after, limit=limit)
        assert len(page.entries) <= limit
        found += [one.entry for one in page.entries]
        if page.next is None:
            return found
        assert after is None or page.next < after
        after = page.next
    raise AssertionError("the list has no end")


def test_every_filter_is_asked_of_every_adapter() -> None:
    assert FILTERS.keys() == {field.name for field in fields(EntryFilter)}


async def test_each_filter_finds_what_a_slow_reading_finds(ports: EntryPorts) -> None:
    entries = await a_campaign(ports)

    for wanted in (EntryFilter(), *FIRST):
        for limit in (1, 4, 100):
            assert await walked(ports, wanted, limit) == slowly(entries, wanted), (wanted, limit)


async def test_two_filters_find_what_fits_both(ports: EntryPorts) -> None:
    entries = await a_campaign(ports)

    for wanted in PAIRS:
        assert await walked(ports, wanted, 4) == slowly(entries, wanted), wanted


async def test_a_position_stays_where_it_is_when_its_entry_is_gone(ports: EntryPorts) -> None:
    entries = slowly(await a_campaign(ports), EntryFilter())
    await ports.withdrawals.withdraw(TOUR, entries[9].user_id, NOW)

    page = await ports.search.page(TOUR, EntryFilter(), after=ListPosition.of(entries[9]), limit=5)

    assert [one.entry for one in page.entries] == entries[10:15]


async def test_pages_neither_repeat_nor_miss_while_rows_change(ports: EntryPorts) -> None:
    before = slowly(await a_campaign(ports), EntryFilter())
    confirm = existing(lambda entry: entry.confirm(NOW).with_event(EntryEvent.PHONE_CONFIRMED, NOW))
    seen: list[Entry] = []
    gone = set()
    after: ListPosition | None = None
    for turn in range(len(before)):
        page = await ports.search.page(TOUR, EntryFilter(), after=after, limit=3)
        seen += [one.entry for one in page.entries]
        if page.next is None:
            break
        after = page.next
        late: datetime = NOW + timedelta(days=1, seconds=turn)
        await store(ports, registered(fan(700 + turn), phone(700 + turn), at=late))
        for entry in (before[turn], before[-turn - 1]):
            if not entry.confirmed and entry.user_id not in gone and entry.details.phone not in {ABROAD, AT_HOME}:
                await ports.entries.change(TOUR, entry.user_id, confirm)
            elif entry.user_id not in gone:
                await ports.entries.change(TOUR, entry.user_id, existing(noted("turn", str(turn))))
        if turn % 4 == 0:
            gone.add(before[-turn - 2].user_id)
            await ports.withdrawals.withdraw(TOUR, before[-turn - 2].user_id, NOW)

    names = [entry.user_id for entry in seen]
    assert len(set(names)) == len(names)
    assert [name for name in names if name not in gone] == [
        entry.user_id for entry in before if entry.user_id not in gone
    ]


async def test_an_unknown_campaign_has_none(ports: EntryPorts) -> None:
    page = await ports.search.page(CampaignId("unknown"), EntryFilter(), after=None, limit=5)

    assert (list(page.entries), page.next) == ([], None)


async def test_what_a_fan_changes_is_found_by_its_new_values_only(ports: EntryPorts) -> None:
    await store(ports, registered(fan(1), phone(1), confirmed=True))

    def move(entry: Entry) -> Entry:
        details = replace(entry.details, phone=phone(2), email="New@example.com")
        return entry.revise(details).with_event(EntryEvent.UPDATED, NOW)

    moved = await ports.entries.change(TOUR, fan(1), existing(move))

    for wanted in (EntryFilter(phone=phone(2)), EntryFilter(email="new@EXAMPLE.com")):
        assert await walked(ports, wanted, 5) == [without_messages(moved)]
    for wanted in (EntryFilter(phone=phone(1)), EntryFilter(email="fan@example.com")):
        assert await walked(ports, wanted, 5) == []


async def test_a_fan_is_found_in_each_of_the_named_campaigns(entry_ports: EntryPorts) -> None:
    """By id, phone or mail address, in every spelling. Registrations that were withdrawn are not found."""
    first, second, third, unnamed = sorted(new_campaign() for _ in range(4))
    for campaign in (first, second, third, unnamed):
        await store(entry_ports, registered(fan(1), ABROAD, campaign_id=campaign))
        await store(entry_ports, registered(fan(2), phone(2), campaign_id=campaign, confirmed=True))
    await entry_ports.withdrawals.withdraw(third, fan(1), NOW)
    named = [third, first, second]

    async def found(limit: int = 100, **wanted: Any) -> list[tuple[str, str]]:
        return [*await entry_ports.search.find_in(named, EntryFilter(**wanted), limit=limit)]

    assert await found(user_id=fan(1)) == [(first, fan(1)), (second, fan(1))]
    assert await found(phone=AT_HOME) == [(first, fan(1)), (second, fan(1))]
    assert await found(phone=phone(2)) == [(id, fan(2)) for id in (first, second, third)]
    all_of_them = [(first, fan(1)), (first, fan(2)), (second, fan(1)), (second, fan(2)), (third, fan(2))]
    assert await found(email="FAN@Example.com") == all_of_them
    assert len(await found(email="FAN@Example.com", limit=2)) == 2
    assert await found(user_id=fan(9)) == await found(phone=phone(9)) == await found(email="x@example.com") == []
