"""The keys of documents: each begins with its campaign."""

from adapters.mongo.driver import Raw


def key(campaign_id: str, code: str) -> str:
    return f"{campaign_id}/{code}"


def key_range(campaign_id: str, after: str | None) -> Raw:
    """The keys of one campaign: ``0`` is the character behind ``/``."""
    return {"$gt": key(campaign_id, after or ""), "$lt": f"{campaign_id}0"}
