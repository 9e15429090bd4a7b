"""The ports of registrations, filled by memory adapters and small neighbours, and the use cases over them."""

from dataclasses import dataclass, field
from typing import Final

from adapters.memory.budgets import MemoryFanBudgets
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.entry_queries import MemoryEntryQueries
from adapters.memory.objects import MemoryObjectStore
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.phones import MemoryPhoneBook
from adapters.numbering.parser import LibPhoneNumbers
from adapters.tokens.jwt import JwtConfirmationTokens
from domain.model.registrations.budgets import FanLimits
from domain.model.registrations.confirmation import ConfirmationRules
from domain.model.registrations.entry import Fraud, FraudStatus
from domain.model.registrations.phones import SendLimits
from domain.usecases.messaging.send_receipts import SendReceipts
from domain.usecases.registrations.check_markets import CheckMarkets
from domain.usecases.registrations.confirm_phone import ConfirmPhone
from domain.usecases.registrations.count_eligible import CountEligible
from domain.usecases.registrations.count_entries import CountEntries
from domain.usecases.registrations.export_eligible import ExportEligible
from domain.usecases.registrations.free_phone import FreePhone
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlock
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
from ports.system import current_request
from tests.support.codes import ManualClock
from tests.support.neighbours import MemoryCampaigns, MemoryFanscore, MemoryFraudDetection, MemoryUsers
from tests.support.registrations import DAY, KEY, MINUTE, a_campaign
from tests.usecases.registrations.receivers import Mailer, SmsGateway

CODE_TTL: Final = 10 * MINUTE
BLOCK_TTL: Final = DAY
RULES: Final = ConfirmationRules(key=KEY, ttl=CODE_TTL, phone_block_ttl=BLOCK_TTL)
FAN_LIMITS: Final = FanLimits(numbers_per_day=10, codes_per_day=10)
NUMBER_LIMITS: Final = SendLimits(per_hour=5, per_day=10)


@dataclass(slots=True, kw_only=True)
class Ports:
    """Parsing numbers and signing tokens need no fakes: the product's own adapters do it without a network."""

    clock: ManualClock = field(default_factory=ManualClock)
    entries: MemoryEntryStore = field(default_factory=lambda: MemoryEntryStore(request=current_request))
    phone_book: MemoryPhoneBook = field(default_factory=MemoryPhoneBook)
    budgets: MemoryFanBudgets = field(default_factory=MemoryFanBudgets)
    objects: MemoryObjectStore = field(default_factory=MemoryObjectStore)
    campaigns: MemoryCampaigns = field(default_factory=lambda: MemoryCampaigns([a_campaign()]))
    users: MemoryUsers = field(default_factory=MemoryUsers)
    fraud: MemoryFraudDetection = field(
        default_factory=lambda: MemoryFraudDetection(Fraud(status=FraudStatus.CLEAR, score=3))
    )
    fanscore: MemoryFanscore = field(default_factory=lambda: MemoryFanscore(configured=False))
    sms: SmsGateway = field(default_factory=SmsGateway)
    mailer: Mailer = field(default_factory=Mailer)
    numbers: LibPhoneNumbers = field(default_factory=LibPhoneNumbers)
    tokens: JwtConfirmationTokens = field(default_factory=lambda: JwtConfirmationTokens(KEY))

    @property
    def queries(self) -> MemoryEntryQueries:
        return MemoryEntryQueries(self.entries)


class UseCases:
    """Plain constructors, in the order of the story."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.outbox = MemoryOutbox(ports.entries)
        self.check_markets = CheckMarkets(campaigns=ports.campaigns, queries=ports.queries)
        self.use_number = UseNumber(
            entries=ports.entries,
            phone_numbers=ports.numbers,
            phone_book=ports.phone_book,
            budgets=ports.budgets,
            clock=ports.clock,
            rules=RULES,
            limits=FAN_LIMITS,
        )
        self.send_code = SendCode(
            entries=ports.entries,
            phone_book=ports.phone_book,
            budgets=ports.budgets,
            sms=ports.sms,
            clock=ports.clock,
            rules=RULES,
            limits=NUMBER_LIMITS,
            fan_limits=FAN_LIMITS,
        )
        self._of_fans()
        self._of_staff()
        self._of_the_worker()

    def _of_fans(self) -> None:
        ports = self._ports
        self.register_fan = RegisterFan(
            campaigns=ports.campaigns,
            users=ports.users,
            phone_numbers=ports.numbers,
            entries=ports.entries,
            fraud=ports.fraud,
            fanscore=ports.fanscore,
            use_number=self.use_number,
            send_code=self.send_code,
            clock=ports.clock,
        )
        self.confirm_phone = ConfirmPhone(
            campaigns=ports.campaigns,
            entries=ports.entries,
            phone_book=ports.phone_book,
            budgets=ports.budgets,
            tokens=ports.tokens,
            clock=ports.clock,
            send_code=self.send_code,
        )
        self.resend_code = ResendCode(
            campaigns=ports.campaigns,
            entries=ports.entries,
            clock=ports.clock,
            use_number=self.use_number,
            send_code=self.send_code,
        )
        self.read_entry = ReadEntry(entries=ports.entries)

    def _of_staff(self) -> None:
        ports, check = self._ports, self.check_markets
        self.lift_phone_block = LiftPhoneBlock(
            campaigns=ports.campaigns, phone_numbers=ports.numbers, phone_book=ports.phone_book
        )
        self.free_phone = FreePhone(
            campaigns=ports.campaigns, phone_numbers=ports.numbers, entries=ports.entries, clock=ports.clock
        )
        self.read_scores = ReadScores(objects=ports.objects)
        self.score_entries = ScoreEntries(scores=ports.entries, clock=ports.clock)
        self.select_entries = SelectEntries(entries=ports.entries, clock=ports.clock)
        self.transfer_entries = TransferEntries(
            campaigns=ports.campaigns,
            entries=ports.entries,
            queries=ports.queries,
            check_markets=check,
            clock=ports.clock,
        )
        self.count_eligible = CountEligible(
            campaigns=ports.campaigns, queries=ports.queries, check_markets=check, clock=ports.clock
        )
        self.rank_eligible = RankEligible(queries=ports.queries, check_markets=check)
        self.export_eligible = ExportEligible(rank_eligible=self.rank_eligible)
        self.count_entries = CountEntries(campaigns=ports.campaigns, queries=ports.queries, clock=ports.clock)

    def _of_the_worker(self) -> None:
        ports = self._ports
        self.send_receipts = SendReceipts(
            outbox=self.outbox,
            entries=ports.entries,
            users=ports.users,
            receipts=ports.mailer,
            clock=ports.clock,
        )
