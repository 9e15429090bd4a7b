"""Everything Fangate can do, over whatever adapters fill its ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.model.registrations.budgets import FanLimits
from domain.model.registrations.confirmation import ConfirmationRules
from domain.model.registrations.phones import SendLimits
from domain.usecases.codes.assign_codes import AssignCodes
from domain.usecases.codes.begin_import import BeginImport
from domain.usecases.codes.check_file import CheckFile
from domain.usecases.codes.count_codes import CountCodes
from domain.usecases.codes.export_codes import ExportCodes
from domain.usecases.codes.find_import import FindImport
from domain.usecases.codes.import_codes import ImportCodes
from domain.usecases.codes.list_codes import ListCodes
from domain.usecases.codes.read_code_history import ReadCodeHistory
from domain.usecases.codes.release_codes import ReleaseCodes
from domain.usecases.codes.reserve_codes import ReserveCodes
from domain.usecases.codes.sweep_reservations import SweepReservations
from domain.usecases.codes.withdraw_import import WithdrawImport
from domain.usecases.messaging.live_updates import LiveUpdates
from domain.usecases.messaging.parked_messages import ListParked, RetryParked
from domain.usecases.messaging.relay_events import RelayEvents
from domain.usecases.messaging.retry_scores import RetryScores
from domain.usecases.messaging.run_background_tasks import QueueScoreRetries, SendReceipts
from domain.usecases.registrations.check_markets import CheckMarkets
from domain.usecases.registrations.confirm_phone import ConfirmPhone
from domain.usecases.registrations.count_eligible import CountEligible
from domain.usecases.registrations.count_entries import CountEntries
from domain.usecases.registrations.export_eligible import ExportEligible
from domain.usecases.registrations.free_phone import FreePhone
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlock
from domain.usecases.registrations.limit_calls import LimitCalls, per_minute
from domain.usecases.registrations.rank_eligible import RankEligible
from domain.usecases.registrations.read_entry import ReadEntry
from domain.usecases.registrations.read_scores import ReadScores
from domain.usecases.registrations.register_fan import RegisterFan
from domain.usecases.registrations.resend_code import ResendCode
from domain.usecases.registrations.score_entries import ScoreEntries
from domain.usecases.registrations.select_entries import SelectEntries
from domain.usecases.registrations.send_code import SendCode
from domain.usecases.registrations.transfer_entries import TransferEntries
from domain.usecases.registrations.use_number import UseNumber
from entrypoints.config.settings import Settings
from ports.codes import CodeCatalogue, CodePool, ImportLog
from ports.entries import EntryQueries, EntryStore, Scores
from ports.events import EventStream
from ports.messaging import CountedQueue, Outbox
from ports.neighbours import Campaigns, FanscoreSource, FraudDetection, Realtime, Receipts, Sms, Users
from ports.objects import ObjectStore
from ports.phones import ConfirmationTokens, FanBudgets, PhoneBook, PhoneNumbers
from ports.system import Clock, HealthCheck, Leases, RateLimits, StoreHealth


class CheckedObjectStore(ObjectStore, HealthCheck, Protocol):
    """An object store that can be asked how it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The ports that one store fills."""

    pool: CodePool
    catalogue: CodeCatalogue
    imports: ImportLog
    entries: EntryStore
    entry_queries: EntryQueries
    scores: Scores
    phone_book: PhoneBook
    budgets: FanBudgets
    limits: RateLimits
    outbox: Outbox
    leases: Leases
    health: StoreHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Everyone else: who tells us things, and whom we tell."""

    campaigns: Campaigns
    users: Users
    fanscore: FanscoreSource
    fraud: FraudDetection
    sms: Sms
    phone_numbers: PhoneNumbers
    tokens: ConfirmationTokens
    stream: EventStream
    queue: CountedQueue
    receipts: Receipts
    realtime: Realtime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The use cases, ready to be called."""

    begin_import: BeginImport
    import_codes: ImportCodes
    check_file: CheckFile
    find_import: FindImport
    withdraw_import: WithdrawImport
    reserve_codes: ReserveCodes
    assign_codes: AssignCodes
    release_codes: ReleaseCodes
    count_codes: CountCodes
    list_codes: ListCodes
    export_codes: ExportCodes
    read_code_history: ReadCodeHistory
    sweep_reservations: SweepReservations

    register_fan: RegisterFan
    confirm_phone: ConfirmPhone
    resend_code: ResendCode
    lift_phone_block: LiftPhoneBlock
    free_phone: FreePhone
    read_entry: ReadEntry
    read_scores: ReadScores
    score_entries: ScoreEntries
    count_eligible: CountEligible
    rank_eligible: RankEligible
    export_eligible: ExportEligible
    select_entries: SelectEntries
    transfer_entries: TransferEntries
    count_entries: CountEntries
    limit_calls: LimitCalls

    relay_events: RelayEvents
    queue_score_retries: QueueScoreRetries
    retry_scores: RetryScores
    send_receipts: SendReceipts
    live_updates: LiveUpdates
    list_parked: ListParked
    retry_parked: RetryParked
    outbox: Outbox
    leases: Leases

    catalogue: CodeCatalogue
    queue: CountedQueue
    clock: Clock
    confirmation_tokens: ConfirmationTokens
    store: StoreHealth
    health: Sequence[HealthCheck]


def assemble(
    settings: Settings,
    *,
    stores: Stores,
    neighbours: Neighbours,
    objects: CheckedObjectStore,
    clock: Clock,
    confirmation_key: bytes,
) -> Application:
    """Plain constructors, in the order of the story."""
    codes, catalogue, imports = stores.pool, stores.catalogue, stores.imports
    entries, queries, phone_book = stores.entries, stores.entry_queries, stores.phone_book
    campaigns, phone_numbers = neighbours.campaigns, neighbours.phone_numbers
    outbox, live_updates = stores.outbox, LiveUpdates(neighbours.realtime)
    list_codes = ListCodes(catalogue=catalogue, clock=clock)
    check_markets = CheckMarkets(campaigns=campaigns, queries=queries)
    rank_eligible = RankEligible(queries=queries, check_markets=check_markets)
    fan_limits = FanLimits(numbers_per_day=settings.numbers_per_day, codes_per_day=settings.sms_per_fan)
    rules = ConfirmationRules(
        key=confirmation_key, ttl=settings.confirmation_ttl, phone_block_ttl=settings.phone_block_ttl
    )
    use_number = UseNumber(
        entries=entries,
        phone_numbers=phone_numbers,
        phone_book=phone_book,
        budgets=stores.budgets,
        clock=clock,
        rules=rules,
        limits=fan_limits,
    )
    send_code = SendCode(
        entries=entries,
        phone_book=phone_book,
        budgets=stores.budgets,
        sms=neighbours.sms,
        clock=clock,
        rules=rules,
        limits=SendLimits(per_hour=settings.sms_per_hour, per_day=settings.sms_per_day),
        fan_limits=fan_limits,
    )
    return Application(
        begin_import=BeginImport(objects=objects, imports=imports, clock=clock),
        import_codes=ImportCodes(objects=objects, pool=codes, imports=imports, clock=clock),
        check_file=CheckFile(objects=objects, pool=codes, clock=clock),
        find_import=FindImport(imports=imports, clock=clock),
        withdraw_import=WithdrawImport(pool=codes, imports=imports, clock=clock),
        reserve_codes=ReserveCodes(pool=codes, clock=clock, ttl=settings.reservation_ttl),
        assign_codes=AssignCodes(pool=codes, clock=clock),
        release_codes=ReleaseCodes(pool=codes, clock=clock),
        count_codes=CountCodes(catalogue=catalogue, clock=clock),
        list_codes=list_codes,
        export_codes=ExportCodes(list_codes=list_codes),
        read_code_history=ReadCodeHistory(catalogue=catalogue, clock=clock),
        sweep_reservations=SweepReservations(pool=codes, clock=clock),
        register_fan=RegisterFan(
            campaigns=campaigns,
            users=neighbours.users,
            phone_numbers=phone_numbers,
            entries=entries,
            fraud=neighbours.fraud,
            fanscore=neighbours.fanscore,
            use_number=use_number,
            send_code=send_code,
            clock=clock,
        ),
        confirm_phone=ConfirmPhone(
            campaigns=campaigns,
            entries=entries,
            phone_book=phone_book,
            budgets=stores.budgets,
            tokens=neighbours.tokens,
            clock=clock,
            send_code=send_code,
        ),
        resend_code=ResendCode(
            campaigns=campaigns, entries=entries, clock=clock, use_number=use_number, send_code=send_code
        ),
        lift_phone_block=LiftPhoneBlock(campaigns=campaigns, phone_numbers=phone_numbers, phone_book=phone_book),
        free_phone=FreePhone(campaigns=campaigns, phone_numbers=phone_numbers, entries=entries, clock=clock),
        read_entry=ReadEntry(entries=entries),
        read_scores=ReadScores(objects=objects),
        score_entries=ScoreEntries(scores=stores.scores, clock=clock),
        count_eligible=CountEligible(
            campaigns=campaigns, queries=queries, check_markets=check_markets, clock=clock
        ),
        rank_eligible=rank_eligible,
        export_eligible=ExportEligible(rank_eligible=rank_eligible),
        select_entries=SelectEntries(entries=entries, clock=clock),
        transfer_entries=TransferEntries(
            campaigns=campaigns, entries=entries, queries=queries, check_markets=check_markets, clock=clock
        ),
        count_entries=CountEntries(campaigns=campaigns, queries=queries, clock=clock),
        limit_calls=LimitCalls(
            limits=stores.limits,
            clock=clock,
            writes=per_minute(settings.rate_writes_per_minute),
            reads=per_minute(settings.rate_reads_per_minute),
            address=per_minute(settings.rate_address_per_minute),
        ),
        relay_events=RelayEvents(outbox=outbox, stream=neighbours.stream, live=live_updates, clock=clock),
        queue_score_retries=QueueScoreRetries(outbox=outbox, queue=neighbours.queue, clock=clock),
        retry_scores=RetryScores(fanscore=neighbours.fanscore, entries=entries, clock=clock),
        send_receipts=SendReceipts(
            outbox=outbox, entries=entries, users=neighbours.users, receipts=neighbours.receipts, clock=clock
        ),
        live_updates=live_updates,
        list_parked=ListParked(outbox=outbox),
        retry_parked=RetryParked(outbox=outbox),
        outbox=outbox,
        leases=stores.leases,
        catalogue=catalogue,
        queue=neighbours.queue,
        clock=clock,
        confirmation_tokens=neighbours.tokens,
        store=stores.health,
        health=(stores.health, objects),
    )
