"""The use cases of registrations. Those of their phones are in ``phones``."""

from dataclasses import dataclass

from domain.usecases.registrations.check_markets import CheckMarkets
from domain.usecases.registrations.count_eligible import CountEligible
from domain.usecases.registrations.count_entries import CountEntries
from domain.usecases.registrations.export_eligible import ExportEligible
from domain.usecases.registrations.find_entries import FindEntries
from domain.usecases.registrations.find_fan import FindFan
from domain.usecases.registrations.list_campaigns import ListCampaigns
from domain.usecases.registrations.name_campaigns import NameCampaigns
from domain.usecases.registrations.rank_eligible import RankEligible
from domain.usecases.registrations.read_campaign import ReadCampaign
from domain.usecases.registrations.read_entry import ReadEntry, ReadEntryWithHistory
from domain.usecases.registrations.read_histogram import ReadHistogram
from domain.usecases.registrations.read_scores import ReadScores
from domain.usecases.registrations.read_timeline import ReadTimeline
from domain.usecases.registrations.register_fan import RegisterFan
from domain.usecases.registrations.score_entries import ScoreEntries
from domain.usecases.registrations.select_best import SelectBest
from domain.usecases.registrations.select_entries import SelectEntries
from domain.usecases.registrations.transfer_entries import TransferEntries
from domain.usecases.registrations.withdraw_entry import WithdrawEntry
from entrypoints.application.needs import Neighbours
from entrypoints.application.phones import Phones
from ports.objects import ObjectStore
from ports.stores import Stores
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrations:
    register: RegisterFan
    read: ReadEntry
    read_with_history: ReadEntryWithHistory
    find: FindEntries
    find_fan: FindFan
    timeline: ReadTimeline
    histogram: ReadHistogram
    count: CountEntries
    list_campaigns: ListCampaigns
    name_campaigns: NameCampaigns
    read_campaign: ReadCampaign
    read_scores: ReadScores
    score: ScoreEntries
    select: SelectEntries
    select_best: SelectBest
    transfer: TransferEntries
    count_eligible: CountEligible
    rank_eligible: RankEligible
    export_eligible: ExportEligible
    withdraw: WithdrawEntry


def build_registrations(
    stores: Stores, neighbours: Neighbours, phones: Phones, objects: ObjectStore, clock: Clock
) -> Registrations:
    entries, queries, campaigns = stores.entries, stores.entry_queries, neighbours.campaigns
    check_markets = CheckMarkets(campaigns=campaigns, queries=queries)
    select = SelectEntries(entries=entries, clock=clock)
    rank_eligible = RankEligible(queries=queries, check_markets=check_markets)
    return Registrations(
        register=_register(stores, neighbours, phones, clock),
        read=ReadEntry(entries=entries),
        read_with_history=ReadEntryWithHistory(search=stores.entry_search),
        find=FindEntries(
            campaigns=campaigns,
            phone_numbers=neighbours.phone_numbers,
            check_markets=check_markets,
            search=stores.entry_search,
        ),
        find_fan=FindFan(phone_numbers=neighbours.phone_numbers, search=stores.entry_search),
        timeline=ReadTimeline(search=stores.entry_search, clock=clock),
        histogram=ReadHistogram(check_markets=check_markets, search=stores.entry_search),
        count=CountEntries(campaigns=campaigns, queries=queries, clock=clock),
        name_campaigns=NameCampaigns(campaigns=campaigns, catalogue=stores.catalogue, queries=queries),
        read_campaign=ReadCampaign(campaigns=campaigns),
        list_campaigns=ListCampaigns(
            campaigns=campaigns, catalogue=stores.catalogue, queries=queries, clock=clock
        ),
        read_scores=ReadScores(objects=objects),
        score=ScoreEntries(scores=stores.scores, clock=clock),
        select=select,
        select_best=SelectBest(queries=queries, check_markets=check_markets, select=select),
        transfer=TransferEntries(
            campaigns=campaigns, entries=entries, queries=queries, check_markets=check_markets, clock=clock
        ),
        count_eligible=CountEligible(
            campaigns=campaigns, queries=queries, check_markets=check_markets, clock=clock
        ),
        rank_eligible=rank_eligible,
        export_eligible=ExportEligible(rank_eligible=rank_eligible),
        withdraw=WithdrawEntry(withdrawals=stores.withdrawals, clock=clock),
    )


def _register(stores: Stores, neighbours: Neighbours, phones: Phones, clock: Clock) -> RegisterFan:
    return RegisterFan(
        campaigns=neighbours.campaigns,
        users=neighbours.users,
        phone_numbers=neighbours.phone_numbers,
        entries=stores.entries,
        fraud=neighbours.fraud,
        fanscore=neighbours.fanscore,
        use_number=phones.use_number,
        send_code=phones.send_code,
        clock=clock,
    )
