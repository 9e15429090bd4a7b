"""Move registrations from one market to another."""

from dataclasses import dataclass

from domain.model.entries import Entry, EntryEvent
from domain.model.errors import InvalidValue
from domain.model.ids import CampaignId, UserId
from domain.model.markets import MarketId, Transfer
from ports.campaigns import Campaigns
from ports.clock import Clock
from ports.entries import EntryQueries, EntryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEntriesCommand:
    campaign_id: CampaignId
    source: str
    target: str
    user_ids: frozenset[UserId] | None = None
    """None: everyone who chose ``source``."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """``matched`` chose the source; of these, ``merged`` had chosen the target too, ``moved`` had not."""

    matched: int = 0
    moved: int = 0
    merged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEntries:
    """Let the target market take the place of the source in the ranking of everyone who chose the source.

    Where a fan had chosen both, the two become one at the better rank; the other markets keep their order
    (entry-service REQ-005). The source need not be a market of the campaign any more. Interrupted and repeated,
    it ends the same. A dry run counts and changes nothing.
    """

    campaigns: Campaigns
    entries: EntryStore
    queries: EntryQueries
    clock: Clock

    async def __call__(self, command: TransferEntriesCommand) -> Transferred:
        """Raises CampaignNotFound, InvalidValue."""
        campaign = await self.campaigns.get(command.campaign_id)
        if command.target not in campaign.markets:
            raise InvalidValue("to", "is not a market of this campaign")
        if command.target == command.source:
            raise InvalidValue("to", "is the market to move from")
        transfer = Transfer(source=MarketId(command.source), target=MarketId(command.target))
        moved = merged = 0
        async for chosen in self.queries.who_chose(command.campaign_id, transfer.source):
            wanted = [user for user in chosen if command.user_ids is None or user in command.user_ids]
            batch = await self._transfer(command, wanted, transfer)
            merged += sum(batch)
            moved += len(batch) - sum(batch)
        return Transferred(matched=moved + merged, moved=moved, merged=merged)

    async def _transfer(
        self, command: TransferEntriesCommand, user_ids: list[UserId], transfer: Transfer
    ) -> list[bool]:
        """For each entry that had the source: did it merge?"""
        now = self.clock.now()
        merged: dict[UserId, bool] = {}

        def apply(entry: Entry) -> Entry:
            merged.pop(entry.user_id, None)  # Decided anew: somebody else was faster, perhaps with the same.
            if not transfer.concerns(entry.details.markets):
                return entry
            merged[entry.user_id] = transfer.merges(entry.details.markets)
            if command.dry_run:
                return entry
            return entry.transfer(transfer).told(EntryEvent.TRANSFERRED, now)

        await self.entries.change_many(command.campaign_id, user_ids, apply)
        return list(merged.values())
