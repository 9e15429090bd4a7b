"""The record of published events: the ids of erased persons in it."""

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection

from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.keys import key, with_campaign_keys
from adapters.mongo.outbox.mapping import entry_key
from adapters.mongo.scatter import PERSON
from domain.model.messaging.messages import StoredMessage
from domain.model.privacy.people import PREFIX

_SHOWN = {"status": 1, "pseudonym": 1}


class Ledger:
    """Its index has subjects, which begin with a campaign: a person is looked for in every campaign."""

    def __init__(self, published: AsyncCollection[Raw], entries: AsyncCollection[Raw]) -> None:
        self._published = published
        self._entries = entries

    async def count(self, user_id: str) -> int:
        """How many batches have events of the person."""
        about = _about(await self._subjects(user_id))
        return await self._published.count_documents(about, maxTimeMS=READ_MS)

    async def replace(self, user_id: str, pseudonym: str) -> None:
        subjects = await self._subjects(user_id)
        await self._published.update_many(_about(subjects), _renamed(dict.fromkeys(subjects, pseudonym)))

    async def replace_in(self, campaign_id: str, user_id: str, pseudonym: str) -> None:
        subject = key(campaign_id, user_id)
        await self._published.update_many(_about([subject]), _renamed({subject: pseudonym}))

    async def forget_gone(self, batch: Any, messages: Sequence[StoredMessage]) -> None:
        """A worker that was late has recorded events of persons who are erased: replace the ids in its batch.

        The batch is stored first, and then this looks at the entries. An erasure changes the entry first, and then
        the record. So whichever came last, no id stays.
        """
        subjects = sorted({entry_key(message) for message in messages})
        found = self._entries.find(with_campaign_keys(subjects), _SHOWN, max_time_ms=READ_MS)
        entries = {document["_id"]: document for document in await found.to_list(None)}
        gone = {
            subject: (entry or {}).get("pseudonym") or PREFIX
            for subject in subjects
            if (entry := entries.get(subject)) is None or entry["status"] == "erased"
        }
        if gone:
            await self._published.update_one({"_id": batch}, _renamed(gone))

    async def _subjects(self, user_id: str) -> list[str]:
        """An entry stays until the event of its erasure is published, and this record has the pseudonym."""
        campaigns = await self._entries.distinct("campaignId", maxTimeMS=READ_MS, comment=PERSON)
        return [key(campaign_id, user_id) for campaign_id in campaigns]


def _about(subjects: Sequence[str]) -> Raw:
    return {"events.subject": {"$in": [*subjects]}}


def _renamed(pseudonyms: dict[str, str]) -> list[Raw]:
    """The pseudonym of each subject takes the place of the id."""
    campaign = {"$arrayElemAt": [{"$split": ["$$this.subject", "/"]}, 0]}
    subjects = {"$literal": [*pseudonyms]}
    position = {"$indexOfArray": [subjects, "$$this.subject"]}
    name = {"$arrayElemAt": [{"$literal": [*pseudonyms.values()]}, position]}
    theirs = {"$in": ["$$this.subject", subjects]}
    subject = {"$cond": [theirs, {"$concat": [campaign, "/", name]}, "$$this.subject"]}
    event = {"$mergeObjects": ["$$this", {"subject": subject}]}
    return [{"$set": {"events": {"$map": {"input": "$events", "in": event}}}}]
