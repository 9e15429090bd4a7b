"""The campaigns that have codes or registrations and that a caller may see, page by page."""

import heapq
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from domain.model.ids import CampaignId
from ports.codes import CodeCatalogue
from ports.entries import EntryQueries

AT_ONCE: Final = 1_000
"""Ids that are read together. A caller may be allowed to see few of many campaigns."""
Reaches = Callable[[CampaignId], bool]
"""Is the caller allowed to see this campaign?"""


def all_campaigns(_: CampaignId) -> bool:
    return True


class ReachedPage(NamedTuple):
    ids: Sequence[CampaignId]
    next: CampaignId | None
    """The last campaign of the page. None on the last page."""


async def reached_campaigns(
    catalogue: CodeCatalogue, queries: EntryQueries, *, after: CampaignId | None, limit: int, reaches: Reaches
) -> ReachedPage:
    """The next ones behind ``after``, in the order of their ids."""
    found: list[CampaignId] = []
    more = True
    while more and len(found) <= limit:
        with_codes = await catalogue.campaigns(AT_ONCE, after=after)
        with_entries = await queries.campaigns(AT_ONCE, after=after)
        read = list(dict.fromkeys(heapq.merge(with_codes, with_entries)))[:AT_ONCE]
        found += filter(reaches, read)
        more = len(read) == AT_ONCE
        after = read[-1] if read else after
    return ReachedPage(found[:limit], found[limit - 1] if len(found) > limit else None)
