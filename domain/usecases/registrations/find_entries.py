"""Search and list registrations."""

from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.emails import read_email
from domain.model.registrations.entry import EntryStatus, FraudStatus, Selection
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId
from domain.model.registrations.search import EntryFilter, EntryPage, ListPosition
from domain.usecases.registrations.check_markets import CheckMarkets
from ports.entries import EntrySearch
from ports.neighbours import Campaigns
from ports.phones import PhoneNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class FindEntriesCommand:
    """The filters as staff type them. None: any."""

    user_id: UserId | None = None
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    status: EntryStatus | None = None
    market: str | None = None
    selection: Selection | None = None
    fraud: FraudStatus | None = None
    scored: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindEntries:
    """Search registrations, or list all of them, the newest first, page by page.

    All filters that are given must fit. A phone is found in every spelling, confirmed or not, and a mail address
    in every case. `scored=false` finds the confirmed fans without a score. Registrations that were withdrawn are
    not found. A page may hold fewer registrations than `limit`, or none, although more follow: go on until `next`
    is null. Pages neither repeat nor miss a registration that stays, whatever changes in between.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    campaigns: Campaigns
    phone_numbers: PhoneNumbers
    check_markets: CheckMarkets
    search: EntrySearch

    async def __call__(
        self, campaign_id: CampaignId, command: FindEntriesCommand, *, after: ListPosition | None, limit: int
    ) -> EntryPage:
        """Raises InvalidValue, and CampaignNotFound when the command has a phone or a market."""
        market = None if command.market is None else MarketId(command.market)
        if market is not None:
            await self.check_markets(campaign_id, {"market": market})
        phone = None
        if command.phone is not None:
            campaign = await self.campaigns.get(campaign_id)
            phone = self.phone_numbers.parse(command.phone, campaign.default_region)
        wanted = EntryFilter(
            user_id=command.user_id,
            phone=phone,
            email=None if command.email is None else read_email(command.email),
            status=command.status,
            market=market,
            selection=command.selection,
            fraud=command.fraud,
            scored=command.scored,
        )
        return await self.search.page(campaign_id, wanted, after=after, limit=limit)
