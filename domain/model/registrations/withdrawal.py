"""What is left of a registration that was withdrawn."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.model.ids import CampaignId, UserId, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Ids, counters and times. Nothing of what the fan told us is in it.

    It stays in the place of the entry, so that a change that is under way meets another version and is not stored.
    """

    id: str
    """Of the entry."""
    campaign_id: CampaignId
    user_id: UserId
    revision: int
    """The revision of the withdrawal. Messages of this and earlier revisions carry no personal data."""
    version: int
    created_at: datetime
    withdrawn_at: datetime
    event_id: str
    """The event that reports the withdrawal."""
    erased: bool = False
    """The person was erased. When the event is published, nothing is left."""

    def erase(self, now: datetime) -> "Withdrawn":
        """The person of a withdrawn registration is erased."""
        return replace(
            self,
            revision=self.revision + 1,
            version=self.version + 1,
            withdrawn_at=max(now, self.withdrawn_at),
            event_id=new_id(),
            erased=True,
        )
