"""Which choices the entries of a campaign have: one index key is read for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.counting import SNAPSHOT, reading
from adapters.mongo.driver import Raw
from adapters.mongo.entries.choices import CHOICE, CHOICE_UNSURE, Chosen, parts_of
from domain.model.ids import CampaignId

NAMED: Final = 250
"""More choices are not named one by one. Five markets have 205."""
CHOICES: Final = "choices"
UNSURE: Final = "choicesUnsure"
"""The indexes."""
THEN: Final[Raw] = {"$limit": 2**31}
"""A limit that nothing reaches. Without it MongoDB filters before it groups: then it reads every entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownChoices:
    """Those of one instant that have a wanted market."""

    concern: Raw
    """Reads the same instant."""
    names: Sequence[str] | None
    """None: too many."""
    sure: bool
    """False while an earlier release wrote one of the entries last. Then only its markets can be trusted."""

    def filter(self, chosen: Chosen) -> Raw:
        """Finds the entries that chose so, among those of this instant."""
        if not chosen.markets:
            return {}
        if not self.sure or self.names is None:
            return chosen.by_markets()
        return {CHOICE: {"$in": list(filter(chosen.by, self.names))}}


async def known_choices(
    database: AsyncDatabase[Raw],
    collection: str,
    campaign_id: CampaignId,
    statuses: Sequence[str],
    chosen: Chosen,
    *,
    named: int = NAMED,
) -> KnownChoices:
    answer = await database.command(
        reading(collection, _pipeline(collection, campaign_id, statuses, chosen, named), SNAPSHOT)
    )
    cursor = answer["cursor"]
    found = [row["_id"] for row in cursor["firstBatch"]]
    names = [name for name in found if name is not None]
    return KnownChoices(
        concern=SNAPSHOT | {"atClusterTime": cursor["atClusterTime"]},
        names=names if len(names) <= named else None,
        sure=len(names) == len(found),
    )


def _pipeline(
    collection: str, campaign_id: CampaignId, statuses: Sequence[str], chosen: Chosen, named: int
) -> list[Raw]:
    """Rows of ``_id``: a choice, or null for an entry that an earlier release wrote last."""
    of_campaign: Raw = {"campaignId": campaign_id}
    first, *others = (
        [{"$match": of_campaign | {"status": status}}, {"$group": {"_id": f"${CHOICE}"}}, THEN]
        for status in statuses
    )
    unsure: list[Raw] = [{"$match": of_campaign | CHOICE_UNSURE}, {"$limit": 1}, {"$replaceWith": {"_id": None}}]
    return [
        *first,
        *({"$unionWith": {"coll": collection, "pipeline": other}} for other in others),
        {"$match": {"_id": {"$ne": None}, "$expr": chosen.by_parts(parts_of("$_id"))}},
        {"$group": {"_id": "$_id"}},
        {"$limit": named + 1},
        {"$unionWith": {"coll": collection, "pipeline": unsure}},
    ]
