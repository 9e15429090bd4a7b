"""What is remembered of phone numbers, in this process's memory."""

from collections.abc import Callable
from datetime import datetime

from domain.model.ids import CampaignId
from domain.model.registrations.phone_keys import PhoneKey, phone_key
from domain.model.registrations.phones import PhoneNumber, PhoneRecord, SendLimits, SendLog


class MemoryPhoneBook:
    """No method gives up the event loop before it is done, so each is atomic."""

    def __init__(self) -> None:
        self._sends: dict[PhoneKey, SendLog] = {}
        self._records: dict[tuple[CampaignId, PhoneKey], PhoneRecord] = {}

    async def take_send(self, phone: PhoneNumber, limits: SendLimits, now: datetime) -> datetime | None:
        log = self._sends.get(phone_key(phone), SendLog())
        free_at = log.next_at(limits, now)
        if free_at > now:
            return free_at
        self._sends[phone_key(phone)] = log.record(now)
        return None

    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        return self._records.get((campaign_id, phone_key(phone)), PhoneRecord())

    async def change(
        self, campaign_id: CampaignId, phone: PhoneNumber, change: Callable[[PhoneRecord], PhoneRecord]
    ) -> None:
        self._records[campaign_id, phone_key(phone)] = change(await self.record(campaign_id, phone))
