"""Reading phone numbers, and what is remembered of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.model.ids import CampaignId
from domain.model.phones import PhoneNumber, PhoneRecord, SendLimits


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
