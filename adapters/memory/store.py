"""A store in this process's memory: for development, tests and demonstrations."""

from collections.abc import Mapping, Sequence

from adapters.memory.audit import MemoryAuditLog
from adapters.memory.budgets import MemoryFanBudgets
from adapters.memory.codes import MemoryCodeStore
from adapters.memory.draws import MemoryCandidates, MemoryDrawLists, MemoryDrawResults, MemoryDraws
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.entry_queries import MemoryEntryQueries
from adapters.memory.entry_search import MemoryEntrySearch
from adapters.memory.imports import MemoryImportLog
from adapters.memory.leases import MemoryLeases
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.people import MemoryPersonReader, personal_data
from adapters.memory.phones import MemoryPhoneBook
from adapters.memory.rate_limits import MemoryRateLimits
from domain.model.privacy.people import Place
from ports.privacy import PersonalData
from ports.system import CurrentRequest, no_request


class MemoryStore:
    """Every port that keeps state."""

    def __init__(self, *, request: CurrentRequest = no_request) -> None:
        self.pool = self.catalogue = MemoryCodeStore()
        self.imports = MemoryImportLog()
        self.entries = self.scores = self.withdrawals = MemoryEntryStore(request=request)
        self.entry_queries = MemoryEntryQueries(self.entries)
        self.entry_search = MemoryEntrySearch(self.entries)
        self.phone_book = MemoryPhoneBook()
        self.budgets = MemoryFanBudgets()
        self.limits = MemoryRateLimits()
        self.outbox = MemoryOutbox(self.entries)
        self.draws = MemoryDraws()
        self.draw_lists = MemoryDrawLists(self.draws)
        self.draw_results = MemoryDrawResults()
        self.candidates = MemoryCandidates(self.entries)
        self.leases = MemoryLeases()
        self.audit = MemoryAuditLog()

    @property
    def personal_data(self) -> Mapping[Place, PersonalData]:
        return personal_data(
            entries=self.entries,
            outbox=self.outbox,
            phone_book=self.phone_book,
            budgets=self.budgets,
            limits=self.limits,
            codes=self.pool,
            imports=self.imports,
            audit=self.audit,
        )

    @property
    def person_reader(self) -> MemoryPersonReader:
        return MemoryPersonReader(self.entries, self.pool)

    @property
    def name(self) -> str:
        return "store"

    def away(self) -> bool:
        return False

    async def lacking(self) -> Sequence[str]:
        return []

    async def ping(self) -> None:
        return None
