"""Random registrations and queries, and the answers that a slow reading of all entries gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import (
    EligibleCounts,
    EntryCounts,
    MarketCount,
    Query,
    Ranked,
    RegisteredMarket,
)
from domain.model.registrations.entry import Entry, EntryStatus, Selection
from domain.model.registrations.markets import MarketId
from tests.contracts.registrations.entry_stores import (
    MARKETS,
    EntryPorts,
    eligible,
    fan,
    new_campaign,
    phone,
    store,
)

SCORES = (0, 0.5, 10, 50, 99.99, 100)
"""Few, so that many fans share one."""
NOWHERE = MarketId("nowhere")

rankings = st.lists(st.sampled_from(MARKETS), min_size=1, max_size=4, unique=True)
scores = st.sampled_from(SCORES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The parts of an entry, without the campaign."""

    markets: Sequence[MarketId]
    score: float | None
    selection: Selection
    confirmed: bool


registrations = st.builds(
    Registration,
    markets=rankings,
    score=st.one_of(st.none(), scores, scores),
    selection=st.sampled_from(Selection),
    confirmed=st.sampled_from((True, True, False)),
)
CROWD: Sequence[Registration] = [
    Registration(markets=markets, score=score, selection=selection, confirmed=number % 5 > 0)
    for number, (markets, score, selection) in enumerate(
        product((MARKETS[:1], MARKETS[3:0:-1], MARKETS[2::-1], MARKETS[1:]), (None, *SCORES), Selection)
    )
]
"""Fans of every kind: each filter admits some of them and not others."""
FILTERS: Mapping[str, Sequence[Any]] = {
    "min_score": SCORES,
    "max_score": SCORES,
    "markets": [(), MARKETS[:1], MARKETS[1:3], (NOWHERE,), (MARKETS[0], NOWHERE, MARKETS[0])],
    "max_rank": [1, 2, 3, 4],
    "selections": [*((one,) for one in Selection), tuple(Selection)[:2], tuple(Selection)],
}
"""Values for each field of Query. The contract tests ask every adapter with each of them."""
_values = {name: st.sampled_from(values) for name, values in FILTERS.items()}
queries = st.builds(Query, **_values) | st.builds(
    Query, markets=_values["markets"], selections=_values["selections"]
)

examples = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The fixture is the store; each example has a campaign of its own in it."""


async def register(ports: EntryPorts, given: Sequence[Registration]) -> tuple[CampaignId, list[Entry]]:
    campaign_id = new_campaign()
    entries = [
        eligible(
            fan(number),
            phone(number),
            one.score,
            campaign_id=campaign_id,
            markets=one.markets,
            selection=one.selection,
            confirmed=one.confirmed,
        )
        for number, one in enumerate(given)
    ]
    await store(ports, *entries)
    return campaign_id, entries


def count(entries: Sequence[Entry], market: MarketId, max_rank: int = 4) -> MarketCount:
    def at(rank: int) -> int:
        return sum(entry.details.markets[rank - 1 : rank] == (market,) for entry in entries if rank <= max_rank)

    return MarketCount(market=market, by_rank=(at(1), at(2), at(3), at(4)))


def slowly_eligible(entries: Sequence[Entry], query: Query, markets: Sequence[MarketId]) -> EligibleCounts:
    admitted = [entry for entry in entries if query.admits(entry)]
    counts = [count(admitted, market, query.max_rank) for market in markets]
    return EligibleCounts(total=len(admitted), by_market=counts)


def slowly_ranked(entries: Sequence[Entry], query: Query) -> list[Ranked]:
    ranked = [
        Ranked(
            user_id=entry.user_id,
            score=entry.score,
            selection=entry.selection,
            markets=entry.details.markets,
            phone_confirmed_at=entry.phone_confirmed_at,
        )
        for entry in entries
        if query.admits(entry) and entry.score is not None and entry.phone_confirmed_at is not None
    ]
    return sorted(ranked, key=lambda fan: (-fan.score, fan.user_id))


def slowly_counted(entries: Sequence[Entry], markets: Sequence[MarketId]) -> EntryCounts:
    confirmed = [entry for entry in entries if entry.confirmed]
    return EntryCounts(
        by_status={
            EntryStatus.PENDING: len(entries) - len(confirmed),
            EntryStatus.CONFIRMED: len(confirmed),
        },
        by_market=[
            RegisteredMarket(all=count(entries, market), confirmed=count(confirmed, market).total)
            for market in markets
        ],
        withdrawn=0,
    )
