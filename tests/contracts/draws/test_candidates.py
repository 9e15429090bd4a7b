"""What every store promises of the entries that may take part in a draw."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from domain.model.draws.errors import BallotsMissing
from domain.model.ids import BallotId, CampaignId, DrawId
from domain.model.registrations.entry import AllocatedPlace, Entry, Fraud, FraudStatus, Selection
from ports.stores import Stores
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    NOW,
    TOUR,
    becoming,
    eligible,
    fan,
    phone,
    registered,
)
from tests.contracts.two_processes import two_views
from tests.support.candidates import Candidate, candidates_of

FAIR = CampaignId("fair")


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    async with two_views(request) as (first, _):
        yield first


async def put(store: Stores, *entries: Entry) -> None:
    for entry in entries:
        await store.entries.change(entry.campaign_id, entry.user_id, becoming(entry))


async def candidates(store: Stores, group_by: str | None = None) -> list[Candidate]:
    """In the order of their ballots."""
    batches = store.candidates.of_campaign(TOUR, group_by)
    return sorted([one async for batch in batches for one in candidates_of(batch)], key=lambda one: one.ballot_id)


def in_order(*entries: Entry) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.ballot_id or "")


def with_attributes(entry: Entry, **attributes: str) -> Entry:
    return replace(entry, details=replace(entry.details, attributes=attributes))


async def test_each_entry_is_a_candidate_as_it_is(store: Stores) -> None:
    best = eligible(fan(1), phone(1), 97.5, markets=MARKETS[2:0:-1])
    doubted = replace(
        eligible(fan(2), phone(2), None, selection=Selection.DECLINED),
        fraud=Fraud(status=FraudStatus.FLAGGED, score=99.0),
    )
    unasked = replace(registered(fan(3), phone(3)), fraud=Fraud(status=FraudStatus.NOT_ASKED))
    await put(
        store, best, doubted, unasked, registered(fan(4), phone(4)), registered(fan(1), phone(1), campaign_id=FAIR)
    )
    await store.withdrawals.withdraw(TOUR, fan(4), NOW)

    assert await candidates(store) == [
        Candidate(
            ballot_id=entry.ballot_id or BallotId(""),
            confirmed=entry.confirmed,
            selection=entry.selection,
            fraud=entry.fraud.status,
            score=entry.score,
            markets=entry.details.markets,
        )
        for entry in in_order(best, doubted, unasked)
    ]


async def test_the_group_is_the_value_of_an_attribute(store: Stores) -> None:
    entries = [
        with_attributes(registered(fan(1), phone(1)), household="a.b$", other="x"),
        with_attributes(registered(fan(2), phone(2)), household="  "),
        with_attributes(registered(fan(3), phone(3)), household=""),
        with_attributes(registered(fan(4), phone(4)), other="y"),
        registered(fan(5), phone(5)),
        with_attributes(registered(fan(6), phone(6)), **{"$x.y": "1"}),
    ]
    await put(store, *entries)

    def only(entry: Entry, group: str) -> list[str | None]:
        return [group if one is entry else None for one in in_order(*entries)]

    assert [one.group for one in await candidates(store, "household")] == only(entries[0], "a.b$")
    assert [one.group for one in await candidates(store, "$x.y")] == only(entries[5], "1")
    assert [one.group for one in await candidates(store)] == [None] * 6


async def test_an_entry_without_a_ballot_is_not_passed_over(store: Stores) -> None:
    await put(store, registered(fan(1), phone(1)), replace(registered(fan(2), phone(2)), ballot_id=None))

    with pytest.raises(BallotsMissing):
        await candidates(store)


async def test_many_entries_come_once_each_and_a_campaign_without_any_has_none(store: Stores) -> None:
    assert await candidates(store) == []
    entries = [registered(fan(one), phone(one)) for one in range(30)]
    await put(store, *entries)

    assert [one.ballot_id for one in await candidates(store)] == [one.ballot_id for one in in_order(*entries)]


async def test_a_ballot_leads_to_its_fan_until_the_entry_is_withdrawn_or_erased(store: Stores) -> None:
    one, two, three = (registered(fan(number), phone(number)) for number in (1, 2, 3))
    await put(store, one, two, three, registered(fan(1), phone(1), campaign_id=FAIR))
    ballots = [entry.ballot_id or BallotId("") for entry in (one, two, three)]

    assert await store.candidates.fans_of(TOUR, [*ballots, BallotId("0" * 32)]) == {
        ballots[0]: fan(1),
        ballots[1]: fan(2),
        ballots[2]: fan(3),
    }
    await store.withdrawals.withdraw(TOUR, fan(2), NOW)
    again = registered(fan(2), phone(2))
    await put(store, again)
    for place in store.personal_data.values():
        await place.erase(fan(3), fan(9), NOW)
    assert await store.candidates.fans_of(TOUR, ballots) == {ballots[0]: fan(1)}
    assert await store.candidates.fans_of(FAIR, ballots) == {}


async def test_places_of_a_draw_are_counted_by_market(store: Stores) -> None:
    one, two = DrawId("1" * 32), DrawId("2" * 32)
    placed = [(1, MARKETS[0], one), (2, MARKETS[0], one), (3, MARKETS[1], one), (4, MARKETS[0], two)]
    for number, market, draw_id in placed:
        entry = eligible(fan(number), phone(number), 50)
        await put(store, entry.select(Selection.SELECTED, AllocatedPlace(market=market, draw_id=draw_id)))
    await put(store, eligible(fan(5), phone(5), 50, selection=Selection.WAITLISTED))

    assert await store.candidates.placed(TOUR, one) == {MARKETS[0]: 2, MARKETS[1]: 1}
    await store.withdrawals.withdraw(TOUR, fan(1), NOW)
    await store.entries.change_many(TOUR, [fan(3)], declining)
    assert await store.candidates.placed(TOUR, one) == {MARKETS[0]: 1}
    assert await store.candidates.placed(FAIR, one) == {}


async def test_ballots_with_a_place_of_a_draw_lead_to_their_fans(store: Stores) -> None:
    one, two = DrawId("1" * 32), DrawId("2" * 32)
    entries = [eligible(fan(number), phone(number), 50) for number in range(1, 6)]
    for entry, draw_id in zip(entries, [one, one, one, two], strict=False):
        place = AllocatedPlace(market=MARKETS[0], draw_id=draw_id)
        await put(store, entry.select(Selection.SELECTED, place))
    await put(store, entries[4])
    ballots = [entry.ballot_id or BallotId("") for entry in entries]

    assert await store.candidates.placed_among(TOUR, one, ballots) == {
        ballots[0]: fan(1),
        ballots[1]: fan(2),
        ballots[2]: fan(3),
    }
    await store.withdrawals.withdraw(TOUR, fan(1), NOW)
    await store.entries.change_many(TOUR, [fan(3)], declining)
    assert await store.candidates.placed_among(TOUR, one, ballots) == {ballots[1]: fan(2)}
    assert await store.candidates.placed_among(TOUR, one, ballots[2:]) == {}
    assert await store.candidates.placed_among(FAIR, one, ballots) == {}


async def test_ballots_of_those_who_wait_are_found(store: Stores) -> None:
    entries = [
        *(eligible(fan(number), phone(number), 50, selection=Selection.WAITLISTED) for number in (1, 2, 3)),
        eligible(fan(4), phone(4), 50),
        eligible(fan(5), phone(5), 50, selection=Selection.SELECTED),
    ]
    await put(store, *entries, registered(fan(1), phone(1), campaign_id=FAIR))
    ballots = [entry.ballot_id or BallotId("") for entry in entries]

    assert set(await store.candidates.waiting_among(TOUR, ballots)) == set(ballots[:3])
    assert set(await store.candidates.waiting_among(TOUR, ballots[1:])) == set(ballots[1:3])
    await store.withdrawals.withdraw(TOUR, fan(1), NOW)
    await store.entries.change_many(TOUR, [fan(2)], declining)
    assert set(await store.candidates.waiting_among(TOUR, [*ballots, BallotId("0" * 32)])) == {ballots[2]}
    assert set(await store.candidates.waiting_among(FAIR, ballots)) == set()


def declining(entry: Entry) -> Entry:
    return replace(entry.select(Selection.DECLINED), version=entry.version + 1)
