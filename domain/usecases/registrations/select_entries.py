"""Decide who is selected for tickets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import Entry, EntryEvent, Selection
from ports.entries import EntryStore
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectEntriesCommand:
    campaign_id: CampaignId
    user_ids: Sequence[UserId]
    selection: Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    updated: int
    rejected: Sequence[UserId]
    """Fans who are not registered, whose phone is not confirmed, or of whom too many messages wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectEntries:
    """Mark registrations as selected, waitlisted, declined, or none of them.

    Only a fan whose phone is confirmed can be given a selection. Saying the same again changes nothing.
    """

    entries: EntryStore
    clock: Clock

    async def __call__(self, command: SelectEntriesCommand) -> Selected:
        now = self.clock.now()
        done: set[UserId] = set()

        def select(entry: Entry) -> Entry:
            done.discard(entry.user_id)  # Decided anew: somebody else was faster.
            if not entry.confirmed:
                return entry
            done.add(entry.user_id)
            if entry.selection is command.selection:
                return entry
            return replace(entry, selection=command.selection).told(EntryEvent.SELECTED, now)

        wanted = list(dict.fromkeys(command.user_ids))
        done -= set(await self.entries.change_many(command.campaign_id, wanted, select))
        rejected = [user_id for user_id in wanted if user_id not in done]
        return Selected(updated=len(done), rejected=rejected)
