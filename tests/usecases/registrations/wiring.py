"""The ports of registrations, filled by memory adapters and small neighbours, and the use cases over them."""

from dataclasses import dataclass, field
from typing import Final

from adapters.appsync.live_updates import NoLiveUpdates
from adapters.memory.budgets import MemoryFanBudgets
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.entry_queries import MemoryEntryQueries
from adapters.memory.entry_search import MemoryEntrySearch
from adapters.memory.event_stream import MemoryEventStream
from adapters.memory.objects import MemoryObjectStore
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.phones import MemoryPhoneBook
from adapters.memory.queues import MemoryQueue
from adapters.memory.store import MemoryStore
from adapters.numbering.parser import LibPhoneNumbers
from adapters.tokens.jwt import JwtConfirmationTokens
from domain.model.registrations.entry import Fraud, FraudStatus
from entrypoints.application.messaging import Messaging, build_messaging
from entrypoints.application.needs import Neighbours
from entrypoints.application.phones import Phones, build_phones
from entrypoints.application.registrations import Registrations, build_registrations
from entrypoints.config.settings import Settings
from ports.stores import Stores
from ports.system import current_request
from tests.support.codes import ManualClock
from tests.support.neighbours import (
    MemoryBeacon,
    MemoryCampaigns,
    MemoryFanscore,
    MemoryFraudDetection,
    MemoryUsers,
)
from tests.support.registrations import KEY, a_campaign
from tests.usecases.registrations.receivers import Mailer, SmsGateway

SETTINGS: Final = Settings.model_validate({})
CODE_TTL: Final = SETTINGS.confirmation_ttl
BLOCK_TTL: Final = SETTINGS.phone_block_ttl


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
    beacon: MemoryBeacon = field(default_factory=MemoryBeacon)
    sms: SmsGateway = field(default_factory=SmsGateway)
    mailer: Mailer = field(default_factory=Mailer)
    numbers: LibPhoneNumbers = field(default_factory=LibPhoneNumbers)
    tokens: JwtConfirmationTokens = field(default_factory=lambda: JwtConfirmationTokens(KEY))

    def stores(self) -> Stores:
        store = MemoryStore(request=current_request)
        store.entries = store.scores = store.withdrawals = self.entries
        store.entry_queries, store.outbox = MemoryEntryQueries(self.entries), MemoryOutbox(self.entries)
        store.entry_search = MemoryEntrySearch(self.entries)
        store.phone_book, store.budgets = self.phone_book, self.budgets
        return store

    def neighbours(self) -> Neighbours:
        return Neighbours(
            campaigns=self.campaigns,
            users=self.users,
            fanscore=self.fanscore,
            fraud=self.fraud,
            sms=self.sms,
            phone_numbers=self.numbers,
            tokens=self.tokens,
            stream=MemoryEventStream(),
            queue=MemoryQueue(attempts=SETTINGS.score_attempts),
            receipts=self.mailer,
            live_updates=NoLiveUpdates(),
            beacon=self.beacon,
        )


@dataclass(frozen=True, slots=True)
class UseCases:
    stores: Stores
    registrations: Registrations
    phones: Phones
    messaging: Messaging


def use_cases(ports: Ports) -> UseCases:
    """As the application builds them, with its default settings."""
    stores, neighbours, clock = ports.stores(), ports.neighbours(), ports.clock
    phones = build_phones(SETTINGS, stores, neighbours, clock, KEY)
    return UseCases(
        stores=stores,
        registrations=build_registrations(stores, neighbours, phones, ports.objects, clock),
        phones=phones,
        messaging=build_messaging(SETTINGS, stores, neighbours, clock),
    )
