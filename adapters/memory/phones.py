"""What is remembered of phone numbers, in this process's memory."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber, PhoneRecord, SendLimits, SendLog


class MemoryPhoneBook:
    """No method gives up the event loop before it is done, so each is atomic."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._sends: dict[bytes, SendLog] = {}
        self._records: dict[tuple[CampaignId, bytes], PhoneRecord] = {}

    async def take_send(self, phone: PhoneNumber, limits: SendLimits, now: datetime) -> datetime | None:
        log = self._sends.get(self._digest(phone), SendLog())
        free_at = log.next_at(limits, now)
        if free_at > now:
            return free_at
        self._sends[self._digest(phone)] = log.record(now)
        return None

    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        return self._records.get((campaign_id, self._digest(phone)), PhoneRecord())

    async def change(
        self, campaign_id: CampaignId, phone: PhoneNumber, change: Callable[[PhoneRecord], PhoneRecord]
    ) -> None:
        self._records[campaign_id, self._digest(phone)] = change(await self.record(campaign_id, phone))

    def _digest(self, phone: PhoneNumber) -> bytes:
        return hmac.digest(self._key, phone_key(phone).encode(), hashlib.sha256)

    async def count_of_person(self, user_id: UserId) -> int:
        return sum(any(one.by == user_id for one in record.failures) for record in self._records.values())

    async def erase(self, user_id: UserId, _: UserId, __: datetime) -> None:
        for key, record in self._records.items():
            self._records[key] = record.without(user_id)
