"""Select fans for tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.eligibility import Query
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from ports.entries import EntryStore
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectEntriesCommand:
    campaign_id: CampaignId
    user_ids: Sequence[UserId]
    selection: Selection
    query: Query | None = None
    """Only fans that the query still admits; None: all who are confirmed."""
    dry_run: bool = False

    def concerns(self, entry: Entry) -> bool:
        """May the entry have the selection? One that has it already may keep it."""
        if not entry.confirmed:
            return False
        return entry.selection is self.selection or self.query is None or self.query.admits(entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    updated: int
    """Fans who have the selection now."""
    changed: int
    """Of these, the fans who had another one before."""
    rejected: Sequence[UserId]
    """Fans who are not registered (any more), have no confirmed phone, or have too many waiting messages; and fans
    that the query does not admit any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectEntries:
    """Set the selection of registrations: selected, waitlisted, declined, or none.

    Only a fan with a confirmed phone can get a selection. A repeat changes nothing. A dry run counts and changes
    nothing.
    """

    raises: ClassVar[Refusals] = ()

    entries: EntryStore
    clock: Clock

    async def __call__(self, command: SelectEntriesCommand) -> Selected:
        now = self.clock.now()
        done: set[UserId] = set()
        changed: set[UserId] = set()

        def select(entry: Entry) -> Entry:
            # A repeat of this function, after a parallel change of the entry, decides anew.
            done.discard(entry.user_id)
            changed.discard(entry.user_id)
            if not command.concerns(entry):
                return entry
            done.add(entry.user_id)
            if entry.selection is command.selection or command.dry_run:
                return entry
            changed.add(entry.user_id)
            return entry.select(command.selection).with_event(EntryEvent.SELECTED, now)

        wanted = list(dict.fromkeys(command.user_ids))
        done -= set(await self.entries.change_many(command.campaign_id, wanted, select))
        rejected = [user_id for user_id in wanted if user_id not in done]
        return Selected(updated=len(done), changed=len(changed & done), rejected=rejected)
