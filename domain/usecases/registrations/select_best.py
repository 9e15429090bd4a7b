"""Select the best of the eligible fans."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Selection
from domain.model.registrations.errors import CampaignNotFound
from domain.usecases.registrations.check_markets import CheckMarkets
from domain.usecases.registrations.select_entries import Selected, SelectEntries, SelectEntriesCommand
from ports.entries import EntryQueries


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectBestCommand:
    campaign_id: CampaignId
    top: int
    query: Query
    selection: Selection
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectBest:
    """With `top`, select the best of the eligible fans: by score, the highest first, then by userId.

    `filters` are those of eligibility. Which fans are the best is read at one instant. A fan that the filters do
    not admit any more when the selection is stored is rejected, and no other fan takes the place. Without a filter
    on the selection, only fans who have none are eligible: a second call selects the next ones.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    queries: EntryQueries
    check_markets: CheckMarkets
    select: SelectEntries

    async def __call__(self, command: SelectBestCommand) -> Selected:
        """Raises InvalidValue, and CampaignNotFound when the query names a market."""
        await self.check(command)
        best = await self.queries.ranking(command.campaign_id, command.query, after=None, limit=command.top)
        return await self.select(
            SelectEntriesCommand(
                campaign_id=command.campaign_id,
                user_ids=[fan.user_id for fan in best],
                selection=command.selection,
                query=command.query,
                dry_run=command.dry_run,
            )
        )

    async def check(self, command: SelectBestCommand) -> None:
        """Raises InvalidValue, and CampaignNotFound when the query names a market."""
        named = {f"filters.market.{index}": market for index, market in enumerate(command.query.markets)}
        await self.check_markets(command.campaign_id, named)
