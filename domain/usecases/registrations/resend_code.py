"""Send another code to a fan."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import (
    BudgetUsedUp,
    CampaignNotFound,
    CampaignNotOpen,
    ConfirmationSuperseded,
    ConfirmationTooSoon,
    EntryNotFound,
    EntryWithdrawn,
    NothingToConfirm,
    PhoneCountry,
    PhoneUnavailable,
)
from domain.usecases.registrations.send_code import SendCode
from domain.usecases.registrations.use_number import UseNumber
from ports.entries import EntryStore
from ports.neighbours import Campaigns
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendCode:
    """Send another code to the number of a registration that is not confirmed.

    The pauses between two codes to one number grow; changes of the registration do not reset them. A number has a
    limit of codes an hour and a day, over all fans and campaigns, and one fan can use only a share of it. The new
    code replaces the one before. When it could not be sent, the earlier code stays valid.
    """

    raises: ClassVar[Refusals] = (
        EntryNotFound,
        CampaignNotFound,
        CampaignNotOpen,
        NothingToConfirm,
        PhoneCountry,
        PhoneUnavailable,
        ConfirmationSuperseded,
        ConfirmationTooSoon,
        BudgetUsedUp,
        EntryWithdrawn,
    )

    campaigns: Campaigns
    entries: EntryStore
    clock: Clock
    use_number: UseNumber
    send_code: SendCode

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> Entry:
        """Raises EntryNotFound, CampaignNotOpen, NothingToConfirm, PhoneCountry, PhoneUnavailable,
        ConfirmationTooSoon, BudgetUsedUp, EntryWithdrawn."""
        now = self.clock.now()
        entry = await self.entries.get(campaign_id, user_id)
        if entry is None:
            raise EntryNotFound
        campaign = await self.campaigns.get(campaign_id)
        if not campaign.takes_registrations(now):
            raise CampaignNotOpen
        if entry.confirmed:
            raise NothingToConfirm
        self.use_number.check_country(campaign, entry.details.phone)
        await self.use_number.check_free(campaign_id, user_id, entry.details.phone)
        if entry.verification is not None:
            _check_time(entry.verification.resend_after, now)
        permit = await self.send_code.take_permit(user_id, entry.details.phone, now)
        if not permit.granted:
            _check_time(permit.resend_after, now)
        sent = await self.send_code.send_another(entry, permit)
        if sent.verification is not None and _challenge_id(sent) in {None, _challenge_id(entry)}:
            _check_time(sent.verification.resend_after, now)
        return sent


def _check_time(resend_after: datetime, now: datetime) -> None:
    if now < resend_after:
        raise ConfirmationTooSoon(seconds=math.ceil((resend_after - now).total_seconds()))


def _challenge_id(entry: Entry) -> str | None:
    challenge = entry.verification.challenge if entry.verification else None
    return challenge.id if challenge else None
