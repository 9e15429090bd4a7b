"""What every EntrySearch promises of counts by score, held against a slow reading of all entries."""

from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Selection
from domain.model.registrations.histogram import score_bins
from tests.contracts.registrations.entry_stores import MARKETS, EntryPorts
from tests.contracts.registrations.slow_reading import CROWD, register, slowly_eligible

pytest_plugins = ["tests.contracts.registrations.entry_fixtures"]

QUERIES = [
    Query(),
    Query(min_score=10, max_score=50),
    Query(min_score=99.99, max_score=99.99),
    Query(min_score=50, max_score=10),
    Query(markets=MARKETS[1:3], max_rank=2, selections=tuple(Selection)),
]


async def test_each_bin_has_the_fans_with_its_scores(entry_ports: EntryPorts) -> None:
    campaign_id, entries = await register(entry_ports, CROWD)

    for query in QUERIES:
        admitted = [entry.score for entry in entries if query.admits(entry) and entry.score is not None]
        for count in (1, 2, 10, 100):
            bins = score_bins(query, count)
            found = await entry_ports.search.count_each(campaign_id, [bin.query for bin in bins])

            last = bins[-1].end
            assert list(found) == [
                sum(bin.begin <= score < bin.end or score == bin.end == last for score in admitted) for bin in bins
            ]
            assert sum(found) == slowly_eligible(entries, query, ()).total


async def test_a_campaign_without_entries_has_none(entry_ports: EntryPorts) -> None:
    assert list(await entry_ports.search.count_each(CampaignId("unknown"), [Query(), Query()])) == [0, 0]
