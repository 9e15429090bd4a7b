"""Check and count the phone number of a registration."""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import FanLimits, FanUsage, SendPermit, number_digest
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.confirmation import ConfirmationRules
from domain.model.registrations.errors import BudgetUsedUp, PhoneCountry, PhoneUnavailable
from domain.model.registrations.phones import PhoneNumber
from ports.entries import EntryStore
from ports.phones import FanBudgets, PhoneBook, PhoneNumbers
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRequest:
    """A fan's request to register with a number."""

    campaign_id: CampaignId
    user_id: UserId
    phone: PhoneNumber = field(repr=False)
    is_new: bool
    """The stored registration has another number, or there is no registration."""
    needs_code: bool
    verified: bool
    """The account has verified the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseNumber:
    """Count a number as used by a fan, and refuse numbers that the fan cannot have (entry-service REQ-002,
    REQ-009).

    A refused number counts, too. Otherwise a caller could find out which numbers are registered.
    """

    raises: ClassVar[Refusals] = (PhoneCountry, BudgetUsedUp, PhoneUnavailable)

    entries: EntryStore
    phone_numbers: PhoneNumbers
    phone_book: PhoneBook
    budgets: FanBudgets
    clock: Clock
    rules: ConfirmationRules
    limits: FanLimits

    async def __call__(self, request: NumberRequest) -> SendPermit | None:
        """The permit to send a code, if one is needed. Raises BudgetUsedUp, PhoneUnavailable."""
        number, now = number_digest(request.phone, self.rules.key), self.clock.now()
        permit: SendPermit | None = None

        def use(usage: FanUsage) -> FanUsage:
            nonlocal permit
            if request.needs_code:
                usage, permit = usage.hold(number, self.limits, now)
            return usage.use(request.campaign_id, number, self.limits, now) if request.is_new else usage

        if request.needs_code or request.is_new:
            await self.budgets.change(request.user_id, use)
        await self.check_free(request.campaign_id, request.user_id, request.phone, verified=request.verified)
        return permit

    def check_country(self, campaign: Campaign, phone: PhoneNumber) -> None:
        """Raises PhoneCountry when the campaign sends no codes to the number's country."""
        if not campaign.sends_to(self.phone_numbers.country(phone)):
            raise PhoneCountry(countries=", ".join(campaign.sms_countries))

    async def check_free(
        self, campaign_id: CampaignId, user_id: UserId, phone: PhoneNumber, *, verified: bool = False
    ) -> None:
        """Raises PhoneUnavailable when another fan has confirmed the number, or when it is blocked.

        Other fans cannot block a number that the account has verified.
        """
        owner, record = await asyncio.gather(
            self.entries.confirmed_owner(campaign_id, phone), self.phone_book.record(campaign_id, phone)
        )
        taken = owner is not None and owner != user_id
        blocked = not verified and record.blocked_for(user_id, self.clock.now(), self.rules.phone_block_ttl)
        if taken or blocked:
            raise PhoneUnavailable
