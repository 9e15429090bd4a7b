"""Move registrations from one market to another."""

from dataclasses import dataclass
from typing import ClassVar, Final

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import CampaignNotFound
from domain.model.registrations.markets import MarketId, Transfer, unknown_market
from domain.usecases.registrations.check_markets import CheckMarkets
from ports.entries import EntryQueries, EntryStore, NotChanged
from ports.neighbours import Campaigns
from ports.system import Clock

MAX_PROBLEMS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEntriesCommand:
    campaign_id: CampaignId
    source: str
    target: str
    user_ids: frozenset[UserId] | None = None
    """None: all fans who chose ``source``."""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """Counts of fans. ``matched`` chose the source. Of these, ``merged`` chose the target, too, and ``moved`` did
    not.

    ``rejected`` were not changed, because too many of their messages wait. Repeat the transfer for them.
    """

    moved: int = 0
    merged: int = 0
    rejected: int = 0
    problems: tuple[UserId, ...] = ()
    """The first hundred rejected fans."""

    @property
    def matched(self) -> int:
        return self.moved + self.merged + self.rejected

    def __add__(self, other: "Transferred") -> "Transferred":
        return Transferred(
            moved=self.moved + other.moved,
            merged=self.merged + other.merged,
            rejected=self.rejected + other.rejected,
            problems=(self.problems + other.problems)[:MAX_PROBLEMS],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEntries:
    """Replace the source market by the target market in the preferences of all fans who chose the source.

    When a fan chose both, the target gets the better of the two ranks. The other markets keep their order
    (entry-service REQ-005). The source need not be a market of the campaign any more, if an entry has it. A
    transfer can be repeated, also after an interruption, with the same result. A dry run counts and changes
    nothing.
    """

    raises: ClassVar[Refusals] = (CampaignNotFound, InvalidValue)

    campaigns: Campaigns
    entries: EntryStore
    queries: EntryQueries
    check_markets: CheckMarkets
    clock: Clock

    async def __call__(self, command: TransferEntriesCommand) -> Transferred:
        """Raises CampaignNotFound, InvalidValue."""
        transfer = await self.check(command)
        if not command.dry_run:
            await self.entries.remember_moved(command.campaign_id, transfer.source)
        transferred = Transferred()
        async for chosen in self.queries.fans_of_market(command.campaign_id, transfer.source):
            wanted = [user for user in chosen if command.user_ids is None or user in command.user_ids]
            transferred += await self._transfer(command, wanted, transfer)
        return transferred

    async def check(self, command: TransferEntriesCommand) -> Transfer:
        """The markets, which exist. Raises CampaignNotFound, InvalidValue."""
        campaign = await self.campaigns.get(command.campaign_id)
        if command.target not in campaign.markets:
            raise unknown_market("to", campaign.markets)
        if command.target == command.source:
            raise InvalidValue("to", "is the market to move from")
        transfer = Transfer(source=MarketId(command.source), target=MarketId(command.target))
        await self.check_markets(command.campaign_id, {"from": transfer.source})
        return transfer

    async def _transfer(
        self, command: TransferEntriesCommand, user_ids: list[UserId], transfer: Transfer
    ) -> Transferred:
        now = self.clock.now()
        merged: dict[UserId, bool] = {}
        """For each entry that has the source: does it have the target, too?"""

        def apply(entry: Entry) -> Entry:
            merged.pop(entry.user_id, None)  # A repeat of this function, after a parallel change of the entry.
            if not transfer.concerns(entry.details.markets):
                return entry
            merged[entry.user_id] = transfer.merges(entry.details.markets)
            if command.dry_run:
                return entry
            return entry.transfer(transfer).with_event(EntryEvent.TRANSFERRED, now)

        not_changed = await self.entries.change_many(command.campaign_id, user_ids, apply)
        done = [merges for user_id, merges in merged.items() if user_id not in not_changed]
        rejected = sorted(
            user_id for user_id, reason in not_changed.items() if reason is NotChanged.MESSAGES_WAITING
        )
        return Transferred(
            moved=done.count(False),
            merged=done.count(True),
            rejected=len(rejected),
            problems=tuple(rejected[:MAX_PROBLEMS]),
        )
