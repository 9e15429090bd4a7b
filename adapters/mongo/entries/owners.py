"""Which fan has confirmed which telephone; calls that wait at the same time share one query."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.batching import Batcher
from adapters.mongo.driver import READ_MS, Raw
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import EntryStatus
from domain.model.registrations.phone_keys import PhoneKey, phone_key
from domain.model.registrations.phones import PhoneNumber

Number = tuple[CampaignId, PhoneNumber]

_SHOWN: Final = {"_id": 0, "userId": 1, "phone": 1}


class Owners:
    def __init__(self, entries: AsyncCollection[Raw]) -> None:
        self._entries = entries
        self._batcher = Batcher(self._of)

    async def of(self, campaign_id: CampaignId, phone: PhoneNumber) -> UserId | None:
        """Where two fans had confirmed two spellings before there were keys, the one with this spelling."""
        return await self._batcher.ask((campaign_id, phone))

    async def _of(self, numbers: Sequence[Number]) -> list[UserId | None]:
        asked: defaultdict[CampaignId, list[PhoneNumber]] = defaultdict(list)
        for campaign_id, phone in numbers:
            asked[campaign_id].append(phone)
        exactly: dict[Number, UserId] = {}
        by_key: dict[tuple[CampaignId, PhoneKey], UserId] = {}
        for campaign_id, phones in asked.items():
            async for document in self._entries.find(_confirmed(campaign_id, phones), _SHOWN, max_time_ms=READ_MS):
                phone, user_id = PhoneNumber(document["phone"]), UserId(document["userId"])
                exactly[campaign_id, phone] = by_key[campaign_id, phone_key(phone)] = user_id
        return [
            exactly.get((campaign_id, phone)) or by_key.get((campaign_id, phone_key(phone)))
            for campaign_id, phone in numbers
        ]


def _confirmed(campaign_id: CampaignId, phones: Sequence[PhoneNumber]) -> Raw:
    """By the keys; by the numbers too, where a process of version 0.1 wrote no key."""
    confirmed: Raw = {"campaignId": campaign_id, "status": EntryStatus.CONFIRMED.value}
    keys = [phone_key(phone) for phone in phones]
    return {
        "$or": [
            confirmed | {"phoneKey": {"$in": keys}},
            confirmed | {"phone": {"$in": list({*phones, *keys})}},
        ]
    }
