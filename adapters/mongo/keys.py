"""The keys of documents: each begins with its campaign.

Filters name the campaign beside the key, because the campaign is what a sharded cluster finds the shard by.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from adapters.mongo.driver import Raw

_BEHIND_SLASH: Final = "0"
_BEHIND_ALL: Final = "\U0010ffff"
"""The last code point. It is not printable, so no code has it."""


def key(campaign_id: str, name: str) -> str:
    return f"{campaign_id}/{name}"


def document_of(campaign_id: str, name: str) -> Raw:
    """The filter that finds one document of a campaign."""
    return {"campaignId": campaign_id, "_id": key(campaign_id, name)}


def documents_of(campaign_id: str, names: Iterable[str]) -> Raw:
    return {"campaignId": campaign_id, "_id": {"$in": [key(campaign_id, name) for name in names]}}


def documents_after(campaign_id: str, after: str | None, *, prefix: str = "") -> Raw:
    """The documents behind ``after`` with names that begin with ``prefix``, in the order of their keys."""
    end = f"{key(campaign_id, prefix)}{_BEHIND_ALL}" if prefix else f"{campaign_id}{_BEHIND_SLASH}"
    keys = {"$gt": key(campaign_id, after or ""), "$gte": key(campaign_id, prefix), "$lt": end}
    return {"campaignId": campaign_id, "_id": keys}


NEVER_INSERT: Final[Raw] = {"$setOnInsert": {"_id": "never inserted"}}
"""For an upsert that must find its document: where it finds none, it is refused (IMMUTABLE_FIELD), and not made.

The document may be there in another version, or be gone since it was read. A plain upsert would make it again.
"""


def with_keys(keys: Sequence[str]) -> Raw:
    return {"_id": keys[0] if len(keys) == 1 else {"$in": list(dict.fromkeys(keys))}}


def with_campaign_keys(keys: Sequence[str]) -> Raw:
    """Campaigns have no slash in their ids."""
    campaigns = list(dict.fromkeys(key.partition("/")[0] for key in keys))
    return {"campaignId": campaigns[0] if len(campaigns) == 1 else {"$in": campaigns}} | with_keys(keys)
