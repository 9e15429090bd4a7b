"""A store: one object that fills every port that keeps state."""

from collections.abc import Mapping
from typing import Protocol

from domain.model.privacy.people import Place
from ports.audit import AuditedPeople, AuditLog
from ports.codes import CodeCatalogue, CodePool, ImportLog
from ports.entries import EntryQueries, EntrySearch, EntryStore, Scores, Withdrawals
from ports.messaging import Outbox
from ports.phones import FanBudgets, PhoneBook
from ports.privacy import PersonalData, PersonReader
from ports.system import Leases, RateLimits, StoreHealth


class AuditStore(AuditLog, AuditedPeople, Protocol):
    """The audit log, with the port for persons."""


class Stores(StoreHealth, Protocol):
    """Every port that one store fills, and the health of the store itself."""

    @property
    def pool(self) -> CodePool: ...
    @property
    def catalogue(self) -> CodeCatalogue: ...
    @property
    def imports(self) -> ImportLog: ...
    @property
    def entries(self) -> EntryStore: ...
    @property
    def entry_queries(self) -> EntryQueries: ...
    @property
    def entry_search(self) -> EntrySearch: ...
    @property
    def scores(self) -> Scores: ...
    @property
    def withdrawals(self) -> Withdrawals: ...
    @property
    def personal_data(self) -> Mapping[Place, PersonalData]:
        """Every place that holds something of persons."""
        ...

    @property
    def person_reader(self) -> PersonReader: ...
    @property
    def phone_book(self) -> PhoneBook: ...
    @property
    def budgets(self) -> FanBudgets: ...
    @property
    def limits(self) -> RateLimits: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def audit(self) -> AuditStore: ...
