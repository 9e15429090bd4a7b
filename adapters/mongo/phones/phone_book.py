"""What is remembered of phone numbers, in MongoDB: a document a number, changed by compare-and-set."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import VersionedDocuments
from adapters.mongo.driver import Raw
from adapters.mongo.errors import translated
from adapters.mongo.keys import key
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import Failure, PhoneNumber, PhoneRecord, SendLimits, SendLog


class MongoPhoneBook:
    def __init__(self, sends: AsyncCollection[Raw], failures: AsyncCollection[Raw]) -> None:
        self._sends = VersionedDocuments(sends)
        self._records = VersionedDocuments(failures)

    @translated
    async def take_send(self, phone: PhoneNumber, limits: SendLimits, now: datetime) -> datetime | None:
        def decide(stored: Raw | None) -> tuple[datetime | None, Raw | None]:
            log = SendLog(sent=tuple(stored["sent"])) if stored else SendLog()
            free_at = log.next_at(limits, now)
            if free_at > now:
                return free_at, None
            return None, {"$set": {"sent": list(log.record(now).sent)}, "$currentDate": {"touchedAt": True}}

        return await self._sends.change(_digest(phone), decide, probably_new=True)

    @translated
    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        return _to_record(await self._records.get(key(campaign_id, _digest(phone))))

    @translated
    async def change(
        self, campaign_id: CampaignId, phone: PhoneNumber, change: Callable[[PhoneRecord], PhoneRecord]
    ) -> None:
        def decide(stored: Raw | None) -> tuple[None, Raw | None]:
            before = _to_record(stored)
            after = change(before)
            if after == before:
                return None, None
            return None, {"$set": {"failures": [{"by": one.by, "at": one.at} for one in after.failures]}}

        await self._records.change(key(campaign_id, _digest(phone)), decide)


def _digest(phone: PhoneNumber) -> str:
    """Of the telephone, however it is spelled. Keys get into error messages and logs; numbers must not. A digest
    is no secret, because there are few numbers."""
    return hashlib.sha256(phone_key(phone).encode()).hexdigest()


def _to_record(stored: Raw | None) -> PhoneRecord:
    failures = stored["failures"] if stored else ()
    return PhoneRecord(failures=tuple(Failure(by=UserId(one["by"]), at=one["at"]) for one in failures))
