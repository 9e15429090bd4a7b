"""Find a fan in many campaigns at once."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, UserId, is_user_id
from domain.model.registrations.emails import read_email
from domain.model.registrations.search import EntryFilter, FoundEntry
from domain.usecases.registrations.name_campaigns import NamedCampaign
from ports.entries import EntrySearch
from ports.phones import PhoneNumbers

FEWEST_DIGITS: Final = 5
"""Of a phone."""
MOST_FOUND: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FindFan:
    """The registrations of the fan with this id, phone or mail address, in these campaigns. Each is found whole: a
    phone in every spelling, a mail address in every case.

    A phone without its country is read in the region of each campaign.
    """

    raises: ClassVar[Refusals] = ()

    phone_numbers: PhoneNumbers
    search: EntrySearch

    async def __call__(self, text: str, campaigns: Sequence[NamedCampaign]) -> Sequence[FoundEntry]:
        found: list[FoundEntry] = []
        for ids, wanted in self._searches(text, campaigns):
            found += await self.search.find_in(ids, wanted, limit=MOST_FOUND)
        return sorted(set(found))

    def _searches(
        self, text: str, campaigns: Sequence[NamedCampaign]
    ) -> Iterator[tuple[Sequence[CampaignId], EntryFilter]]:
        ids = [campaign.id for campaign in campaigns]
        if ids and is_user_id(text):
            yield ids, EntryFilter(user_id=UserId(text))
        if ids and "@" in text and (email := _email(text)):
            yield ids, EntryFilter(email=email)
        if sum(map(str.isdigit, text)) >= FEWEST_DIGITS:
            yield from self._by_phone(text, campaigns)

    def _by_phone(
        self, text: str, campaigns: Sequence[NamedCampaign]
    ) -> Iterator[tuple[Sequence[CampaignId], EntryFilter]]:
        """One search for each region."""
        regions: defaultdict[str | None, list[CampaignId]] = defaultdict(list)
        for id, campaign in campaigns:
            regions[campaign.default_region if campaign else None].append(id)
        for region, ids in regions.items():
            try:
                yield ids, EntryFilter(phone=self.phone_numbers.parse(text, region))
            except InvalidValue:
                continue


def _email(text: str) -> str | None:
    try:
        return read_email(text)
    except InvalidValue:
        return None
