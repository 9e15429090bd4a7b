"""Phones: parsing numbers, records of numbers, budgets of fans, and confirmation tokens."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import FanUsage
from domain.model.registrations.confirmation import Challenge, ChallengeRef
from domain.model.registrations.phones import PhoneNumber, PhoneRecord, SendLimits


class PhoneNumbers(Protocol):
    def parse(self, text: str, region: str | None) -> PhoneNumber:
        """``text`` in E.164. A number without a country code is read as one of ``region``. Raises InvalidValue."""
        ...

    def country(self, phone: PhoneNumber) -> str | None:
        """The two-letter code (ISO 3166) of the number's country or territory. None if it has none."""
        ...


class PhoneBook(Protocol):
    """Records of phone numbers. Each method is atomic. Raises Unavailable when the store does not answer."""

    async def take_send(self, phone: PhoneNumber, limits: SendLimits, now: datetime) -> datetime | None:
        """Count one send to the number, over all fans and campaigns. Returns None, or the time of the next free
        send."""
        ...

    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        """The failed confirmations of a number in one campaign. An empty record when there are none."""
        ...

    async def change(
        self, campaign_id: CampaignId, phone: PhoneNumber, change: Callable[[PhoneRecord], PhoneRecord]
    ) -> None:
        """Replace the record by the result of ``change``, which runs again when another request was faster."""
        ...


UsageChange = Callable[[FanUsage], FanUsage]
"""Must be pure: it runs again when another request was faster. It may raise a DomainError; then nothing is
stored."""


class FanBudgets(Protocol):
    """The budgets of fans. Each method is atomic over all processes. Raises Unavailable when the store does not
    answer."""

    async def usage(self, user_id: UserId) -> FanUsage:
        """What the fan has used. Empty for an unknown fan."""
        ...

    async def change(self, user_id: UserId, change: UsageChange) -> None:
        """Replace the fan's usage by the result of ``change``. Parallel changes are applied one after the
        other."""
        ...


class ConfirmationTokens(Protocol):
    def issue(self, challenge: Challenge) -> str:
        """A token for the fan, the campaign, the phone and the challenge. The same challenge gets the same
        token."""
        ...

    def read(self, token: str) -> ChallengeRef:
        """The content of the token. Raises InvalidConfirmationToken."""
        ...
