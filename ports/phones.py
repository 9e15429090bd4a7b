"""Phones: reading numbers, what is remembered of them, what one fan may use, and the tokens that confirm them."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import FanUsage
from domain.model.registrations.confirmation import Challenge, ChallengeRef
from domain.model.registrations.phones import PhoneNumber, PhoneRecord, SendLimits


class PhoneNumbers(Protocol):
    def parse(self, text: str, region: str | None) -> PhoneNumber:
        """``text`` as E.164; numbers without a country are of ``region``. Raises InvalidValue("phone", …)."""
        ...

    def country(self, phone: PhoneNumber) -> str | None:
        """The country or territory whose number it is, by the two letters of ISO 3166; None if it is of none."""
        ...


class PhoneBook(Protocol):
    """What is remembered of numbers. Each method is atomic."""

    async def take_send(self, phone: PhoneNumber, limits: SendLimits, now: datetime) -> datetime | None:
        """Use up one of the number's sends, over all fans and campaigns; if there is none left, when there is."""
        ...

    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        """The failed confirmations of a number in one campaign; an empty record for one nobody failed on."""
        ...

    async def change(
        self, campaign_id: CampaignId, phone: PhoneNumber, change: Callable[[PhoneRecord], PhoneRecord]
    ) -> None:
        """Replace the record by ``change`` of it; run again when somebody else was faster."""
        ...


UsageChange = Callable[[FanUsage], FanUsage]
"""Pure; run again whenever another was faster; may raise a DomainError, which leaves everything as it is."""


class FanBudgets(Protocol):
    """Each method is atomic, over all processes. Raises Unavailable when the store does not answer."""

    async def usage(self, user_id: UserId) -> FanUsage:
        """What the fan has used; nothing for a fan of whom nothing is known."""
        ...

    async def change(self, user_id: UserId, change: UsageChange) -> None:
        """Replace what the fan has used by ``change`` of it. Changes at once all count, one after the other."""
        ...


class ConfirmationTokens(Protocol):
    def issue(self, challenge: Challenge) -> str:
        """A token bound to the fan, the campaign, the phone and the challenge; the same each time it is asked."""
        ...

    def read(self, token: str) -> ChallengeRef:
        """What the token is bound to. Raises InvalidConfirmationToken."""
        ...
