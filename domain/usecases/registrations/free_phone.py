"""Unset the confirmation of a number."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import CampaignNotFound, EntryNotFound
from ports.entries import EntryStore
from ports.neighbours import Campaigns
from ports.phones import PhoneNumbers
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePhoneCommand:
    campaign_id: CampaignId
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePhone:
    """Unset the confirmation of this number, so that its owner can confirm it.

    The fan who had confirmed it stays registered, but is not eligible until a number is confirmed again. The
    change is published as an event. A number without a confirmation stays as it is, which is not an error.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    campaigns: Campaigns
    phone_numbers: PhoneNumbers
    entries: EntryStore
    clock: Clock

    async def __call__(self, command: FreePhoneCommand) -> UserId | None:
        """The fan who had confirmed the number, if there was one. Raises CampaignNotFound, InvalidValue."""
        campaign = await self.campaigns.get(command.campaign_id)
        phone = self.phone_numbers.parse(command.phone, campaign.default_region)
        owner = await self.entries.confirmed_owner(command.campaign_id, phone)
        if owner is None:
            return None
        now, freed = self.clock.now(), False

        def free(entry: Entry | None) -> Entry:
            nonlocal freed
            if entry is None:  # Withdrawn in the meantime, which has freed the number.
                raise EntryNotFound
            freed = entry.confirmed and entry.has_telephone(phone)
            return entry.free_phone(now).with_event(EntryEvent.UPDATED, now) if freed else entry

        with suppress(EntryNotFound):
            await self.entries.change(command.campaign_id, owner, free)
        return owner if freed else None
