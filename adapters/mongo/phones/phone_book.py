"""What is remembered of phone numbers, in MongoDB: a document a number, changed by compare-and-set."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.cas import VersionedDocuments
from adapters.mongo.driver import Raw
from adapters.mongo.errors import translated
from adapters.mongo.keys import key
from adapters.mongo.phones.digests import number_key
from adapters.mongo.phones.rekeying import rekey
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.phones import Failure, PhoneNumber, PhoneRecord, SendLimits, SendLog

FORGOTTEN: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a record without failures: it may go at once."""


class MongoPhoneBook:
    def __init__(self, sends: AsyncCollection[Raw], failures: AsyncCollection[Raw], digest_key: bytes) -> None:
        self._key = digest_key
        self._collections = (sends, failures)
        self._sends = VersionedDocuments(sends)
        self._records = VersionedDocuments(failures)

    @translated
    async def rekey(self, forget_at: datetime) -> int:
        """Store under keyed digests what an earlier release stored under plain ones. Returns how many records.

        ``forget_at``: when the failures among them do not count any more.
        """
        sends, failures = self._collections
        return await rekey(sends, self._key, {}) + await rekey(failures, self._key, {"forgetAt": forget_at})

    @translated
    async def take_send(self, phone: PhoneNumber, limits: SendLimits, now: datetime) -> datetime | None:
        def decide(stored: Raw | None) -> tuple[datetime | None, Raw | None]:
            log = SendLog(sent=tuple(stored["sent"])) if stored else SendLog()
            free_at = log.next_at(limits, now)
            if free_at > now:
                return free_at, None
            return None, {"$set": {"sent": list(log.record(now).sent)}, "$currentDate": {"touchedAt": True}}

        return await self._sends.change(number_key(phone, self._key), decide, probably_new=True)

    @translated
    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        return _to_record(await self._records.get(key(campaign_id, number_key(phone, self._key))))

    @translated
    async def change(
        self, campaign_id: CampaignId, phone: PhoneNumber, change: Callable[[PhoneRecord], PhoneRecord]
    ) -> None:
        def decide(stored: Raw | None) -> tuple[None, Raw | None]:
            before = _to_record(stored)
            after = change(before)
            if after == before:
                return None, None
            failures = [{"by": one.by, "at": one.at} for one in after.failures]
            return None, {"$set": {"failures": failures, "forgetAt": after.forget_at if failures else FORGOTTEN}}

        await self._records.change(key(campaign_id, number_key(phone, self._key)), decide)


def _to_record(stored: Raw | None) -> PhoneRecord:
    if stored is None:
        return PhoneRecord()
    return PhoneRecord(
        failures=tuple(Failure(by=UserId(one["by"]), at=one["at"]) for one in stored["failures"]),
        forget_at=stored.get("forgetAt"),
    )
