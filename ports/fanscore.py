"""Account scoring."""

from typing import Protocol

from domain.model.ids import CampaignId, UserId


class FanscoreSource(Protocol):
    @property
    def asks(self) -> bool:
        """Is there anyone to ask, now or later?"""
        ...

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """0 to 1; None when it is not known yet, or nobody answers within 300 ms. Never raises."""
        ...

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        """The same for whoever has time: None only when it is not known yet. Raises Unavailable when nobody
        answers within a few seconds, or nobody at all would be answered."""
        ...
