"""Stores of registrations.

An entry and its new messages are stored in one write. Every method raises Unavailable when the store does not
answer.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Protocol

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.eligibility import EligibleCounts, EntryCounts, Query, Ranked, RankingPosition
from domain.model.registrations.entry import Entry
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.scoring import Scored, ScoreRecord
from domain.model.registrations.search import EntryFilter, EntryPage, FoundEntry, ListPosition
from domain.model.registrations.timeline import TimelinePoint, TimelineSpan

EntryChange = Callable[[Entry | None], Entry]
"""Takes the current entry (None: there is none, or it was withdrawn) and returns the changed entry. It must be
pure: it runs again when another request changed the entry first. It may raise a DomainError; then nothing is
stored."""


class NotChanged(StrEnum):
    """Why an entry could not be changed."""

    MESSAGES_WAITING = "messages_waiting"
    """Too many of its messages wait to be passed on."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn after ``change`` had seen it."""


class NotRead(Enum):
    """The caller has not read the entry."""

    NOT_READ = "not read"


NOT_READ: Final = NotRead.NOT_READ
Known = Entry | None | NotRead


class EntryStore(Protocol):
    """The entries of all campaigns: operations that change entries. An entry that was withdrawn is none."""

    async def get(self, campaign_id: CampaignId, user_id: UserId) -> Entry | None: ...

    async def change(
        self, campaign_id: CampaignId, user_id: UserId, change: EntryChange, *, read: Known = NOT_READ
    ) -> Entry:
        """Store the entry that ``change`` returns. An entry without a change is not written. The revision of a new
        entry goes on from an earlier one that was withdrawn.

        ``read``: the entry as the caller has read it, None if there was none. It saves the store a read, and
        changes nothing else: what is decided on an entry that has changed meanwhile is decided anew.

        A number is confirmed for at most one entry of a campaign, under any race (entry-service REQ-002). Raises
        PhoneUnavailable when another entry has confirmed it.
        """
        ...

    async def change_many(
        self, campaign_id: CampaignId, user_ids: Sequence[UserId], change: Callable[[Entry], Entry]
    ) -> Mapping[UserId, NotChanged]:
        """Apply ``change`` to each entry that exists, each atomically, in constant memory.

        Returns the fans of entries that ``change`` has seen and that were not changed.
        """
        ...

    async def confirmed_owner(self, campaign_id: CampaignId, phone: PhoneNumber) -> UserId | None:
        """The fan who has confirmed this number, if there is one."""
        ...

    async def remember_moved(self, campaign_id: CampaignId, market: MarketId) -> None:
        """Remember that entries are moved from ``market``. Then ``was_chosen`` is true for it for ever."""
        ...

    async def count_attempt(
        self, campaign_id: CampaignId, user_id: UserId, challenge_id: str, code_hash: bytes
    ) -> Challenge | None:
        """Count one attempt of this challenge, and record if the code is right, in one atomic step.

        Returns the challenge after the attempt. None if it is not the entry's challenge, or is closed.
        """
        ...


class Withdrawals(Protocol):
    """Registrations that are given up. Raises Unavailable when the store does not answer."""

    async def withdraw(self, campaign_id: CampaignId, user_id: UserId, now: datetime) -> bool:
        """Replace the entry by what ``Entry.withdraw`` leaves, with its event, in one atomic write.

        Nothing personal is left: events that wait are published with ids and times only, receipts and retries that
        wait are gone. The uploaded score and the parked messages of the entry go next, and a repeat makes sure of
        it. A repeat is no error. False: there never was an entry.
        """
        ...

    async def registered(self, campaign_id: CampaignId, after: UserId | None, limit: int) -> Sequence[UserId]:
        """The next fans behind ``after`` with an entry that was not withdrawn, in the order of their ids."""
        ...


class EntryQueries(Protocol):
    """The entries of all campaigns: read-only queries. Each answer is of one instant."""

    async def eligible(self, campaign_id: CampaignId, query: Query, markets: Sequence[MarketId]) -> EligibleCounts:
        """How many fans are eligible, in total and by market and rank."""
        ...

    async def ranking(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> Sequence[Ranked]:
        """The next eligible fans behind ``after``, by score descending, then by userId."""
        ...

    async def count(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> EntryCounts:
        """All registrations by status, and by market and rank; and how many were withdrawn."""
        ...

    async def waitlisted(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> Mapping[MarketId, int]:
        """How many registrations are waitlisted and have this market among their preferences, for each of these
        markets."""
        ...

    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        """Up to ``limit`` campaigns that have registrations, in the order of their ids, behind ``after``."""
        ...

    async def was_chosen(self, campaign_id: CampaignId, market: MarketId) -> bool:
        """Does an entry have ``market`` in its preferences, or did one before a transfer (``remember_moved``)?"""
        ...

    def fans_of_market(self, campaign_id: CampaignId, market: MarketId) -> AsyncIterator[Sequence[UserId]]:
        """All fans with ``market`` in their preferences, in batches, in constant memory."""
        ...


class EntrySearch(Protocol):
    """The entries of all campaigns, for staff who look for them. Withdrawn entries are not found and not counted.

    Raises Unavailable when the store does not answer.
    """

    async def page(
        self, campaign_id: CampaignId, wanted: EntryFilter, *, after: ListPosition | None, limit: int
    ) -> EntryPage:
        """At most ``limit`` entries that the filter admits, the newest first, behind ``after``.

        A page reads a bounded number of entries, so it may hold fewer although more follow. Following ``next`` to
        its end gives every entry that the filter admits all the time, once.
        """
        ...

    async def find_in(
        self, campaigns: Sequence[CampaignId], wanted: EntryFilter, *, limit: int
    ) -> Sequence[FoundEntry]:
        """At most ``limit`` entries of these campaigns that the filter admits, in order. One read for up to a
        thousand campaigns. The filter names a fan, a phone or a mail address."""
        ...

    async def timeline(self, campaign_id: CampaignId, span: TimelineSpan) -> Sequence[TimelinePoint]:
        """How many entries were created and confirmed in each unit. All counts are of one instant."""
        ...

    async def count_each(self, campaign_id: CampaignId, queries: Sequence[Query]) -> Sequence[int]:
        """How many eligible fans each query admits. All counts are of one instant."""
        ...


class Scores(Protocol):
    """The uploaded scores of entries."""

    async def put(
        self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime, *, upload: str
    ) -> Scored:
        """Store the scores of confirmed entries, and return the reasons for the other records (entry-service
        REQ-006).

        A fan's last record counts. When it has no selection, the selection of an earlier record of the same call
        counts. A fan with an earlier record, in this call or another one of the same ``upload``, is ``repeated``.
        """
        ...
