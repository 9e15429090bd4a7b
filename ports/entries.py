"""Where registrations are kept.

An entry and the messages it left are stored in one write. Raises Unavailable when the store does not answer.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.eligibility import EligibleCounts, EntryCounts, Query, Ranked, RankingPosition
from domain.model.registrations.entry import Entry
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.scoring import Scored, ScoreRecord

EntryChange = Callable[[Entry | None], Entry]
"""From the entry as it is, None if there is none, to the entry as it should be. Pure; run again whenever somebody
else changed the entry first; may raise a DomainError, which leaves everything as it is."""


class EntryStore(Protocol):
    """The entries, as those who change them see them."""

    async def get(self, campaign_id: CampaignId, user_id: UserId) -> Entry | None: ...

    async def change(self, campaign_id: CampaignId, user_id: UserId, change: EntryChange) -> Entry:
        """Store what ``change`` makes of the entry; nothing when it makes the same.

        A number is confirmed for one entry of a campaign at most, under any race (entry-service REQ-002): raises
        PhoneUnavailable otherwise.
        """
        ...

    async def change_many(
        self, campaign_id: CampaignId, user_ids: Sequence[UserId], change: Callable[[Entry], Entry]
    ) -> Collection[UserId]:
        """``change`` for each of the entries that exist, each atomically, in constant memory.

        Those that could not be written and stay as they were: too many of their messages wait to be passed on.
        """
        ...

    async def confirmed_owner(self, campaign_id: CampaignId, phone: PhoneNumber) -> UserId | None:
        """Whose confirmed number this is."""
        ...

    async def remember_moved(self, campaign_id: CampaignId, market: MarketId) -> None:
        """That entries are moved from ``market``: it is known from now on, also when no entry has it any more."""
        ...

    async def count_attempt(
        self, campaign_id: CampaignId, user_id: UserId, challenge_id: str, code_hash: bytes
    ) -> Challenge | None:
        """Use up one attempt of this challenge, and note whether it is the right one, in one step.

        The challenge after the attempt; None if it is not the entry's challenge or is closed.
        """
        ...


class EntryQueries(Protocol):
    """The entries, as those who ask about them see them: each answer is of one instant."""

    async def eligible(self, campaign_id: CampaignId, query: Query, markets: Sequence[MarketId]) -> EligibleCounts:
        """How many are eligible, all in all and by market and rank."""
        ...

    async def ranking(
        self, campaign_id: CampaignId, query: Query, *, after: RankingPosition | None, limit: int
    ) -> Sequence[Ranked]:
        """The next eligible fans by score descending, then userId."""
        ...

    async def count(self, campaign_id: CampaignId, markets: Sequence[MarketId]) -> EntryCounts:
        """All registrations by status, and by market and rank."""
        ...

    async def was_chosen(self, campaign_id: CampaignId, market: MarketId) -> bool:
        """Has any entry ``market`` among its preferences, or had, before it was moved (``remember_moved``)?"""
        ...

    def fans_of_market(self, campaign_id: CampaignId, market: MarketId) -> AsyncIterator[Sequence[UserId]]:
        """Everyone with ``market`` among the preferences, in batches, in constant memory."""
        ...


class Scores(Protocol):
    """What the scoring service has uploaded."""

    async def put(
        self, campaign_id: CampaignId, records: Sequence[ScoreRecord], now: datetime, *, upload: str
    ) -> Scored:
        """Score the confirmed entries among ``records``; say why the others were not (REQ-006).

        A fan's last record decides; an earlier one of the same call only gives it a selection it does not name.
        A fan who had a record before, in this call or in another one of the same ``upload``, is ``repeated``.
        """
        ...
