"""The keys of documents: each begins with its campaign.

Filters name the campaign beside the key, because the campaign is what a sharded cluster finds the shard by.
"""

from collections.abc import Iterable, Sequence

from adapters.mongo.driver import Raw


def key(campaign_id: str, name: str) -> str:
    return f"{campaign_id}/{name}"


def document_of(campaign_id: str, name: str) -> Raw:
    """The filter that finds one document of a campaign."""
    return {"campaignId": campaign_id, "_id": key(campaign_id, name)}


def documents_of(campaign_id: str, names: Iterable[str]) -> Raw:
    return {"campaignId": campaign_id, "_id": {"$in": [key(campaign_id, name) for name in names]}}


def documents_after(campaign_id: str, after: str | None) -> Raw:
    """The rest of a campaign in the order of its keys: ``0`` is the character behind ``/``."""
    return {"campaignId": campaign_id, "_id": {"$gt": key(campaign_id, after or ""), "$lt": f"{campaign_id}0"}}


def with_keys(keys: Sequence[str]) -> Raw:
    return {"_id": keys[0] if len(keys) == 1 else {"$in": list(dict.fromkeys(keys))}}


def with_campaign_keys(keys: Sequence[str]) -> Raw:
    """Campaigns have no slash in their ids."""
    campaigns = list(dict.fromkeys(key.partition("/")[0] for key in keys))
    return {"campaignId": campaigns[0] if len(campaigns) == 1 else {"$in": campaigns}} | with_keys(keys)
