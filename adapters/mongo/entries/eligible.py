"""Filters that find the fans whom a query admits, apart from their markets."""

from adapters.mongo.driver import Raw
from adapters.mongo.entries.choices import Chosen
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import EntryStatus


def eligible_ranges(campaign_id: CampaignId, query: Query) -> list[Raw]:
    """Filters that together find each of them once: one a selection, so that each is one range of an index."""
    return [_scored(campaign_id, query) | {"selection": one.value} for one in dict.fromkeys(query.selections)]


def eligible_together(campaign_id: CampaignId, query: Query) -> Raw:
    """The same as one filter."""
    return _scored(campaign_id, query) | {"selection": {"$in": [one.value for one in query.selections]}}


def chosen_by(query: Query) -> Chosen:
    """The condition on the markets."""
    return Chosen(markets=query.markets, max_rank=query.max_rank)


def _scored(campaign_id: CampaignId, query: Query) -> Raw:
    """A range of numbers does not match entries without a score."""
    return {
        "campaignId": campaign_id,
        "status": EntryStatus.CONFIRMED.value,
        "score": {"$gte": query.min_score, "$lte": query.max_score},
    }
