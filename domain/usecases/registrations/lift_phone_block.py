"""Lift the block of a number."""

from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.phones import PhoneRecord
from ports.neighbours import Campaigns
from ports.phones import PhoneBook, PhoneNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftPhoneBlockCommand:
    campaign_id: CampaignId
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftPhoneBlock:
    """Forget the failed confirmations of a number in a campaign, so that it can be registered again.

    A number without a block is not an error (entry-service REQ-009).
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    campaigns: Campaigns
    phone_numbers: PhoneNumbers
    phone_book: PhoneBook

    async def __call__(self, command: LiftPhoneBlockCommand) -> bool:
        """True if there were failed confirmations. Raises CampaignNotFound, InvalidValue."""
        campaign = await self.campaigns.get(command.campaign_id)
        phone = self.phone_numbers.parse(command.phone, campaign.default_region)
        lifted = False

        def forget(record: PhoneRecord) -> PhoneRecord:
            nonlocal lifted
            lifted = record != PhoneRecord()
            return PhoneRecord()

        await self.phone_book.change(command.campaign_id, phone, forget)
        return lifted
