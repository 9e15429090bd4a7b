"""Tell entries what a draw gave them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.model.draws.draw import Draw
from domain.model.errors import Unavailable
from domain.model.ids import BallotId, UserId
from domain.model.registrations.entry import AllocatedPlace, Entry, EntryEvent, Selection
from domain.model.registrations.markets import MarketId
from ports.draws import Candidates
from ports.entries import EntryStore, NotChanged
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceEntries:
    """Change the entries of these ballots, each once, with one event each. A repeat changes nothing.

    An entry is left alone when it was withdrawn, when the fan has declined, or when another draw gave it a place.
    """

    candidates: Candidates
    entries: EntryStore
    clock: Clock

    async def __call__(self, draw: Draw, markets: Mapping[BallotId, MarketId | None]) -> Mapping[MarketId, int]:
        """``markets``: the market of each ballot; None: it waits. Returns how many have their place, by market.

        Raises Unavailable when too many messages of an entry wait: go on later.
        """
        fans = await self.candidates.fans_of(draw.campaign_id, list(markets))
        now = self.clock.now()
        given: dict[UserId, MarketId] = {}

        def change(entry: Entry) -> Entry:
            # A repeat of this function, after a parallel change of the entry, decides anew.
            given.pop(entry.user_id, None)
            if entry.ballot_id is None or entry.ballot_id not in markets:
                return entry  # The fan has withdrawn and registered anew, with another ballot.
            changed = placed(entry, draw, markets[entry.ballot_id], now)
            if changed.allocation and changed.allocation.draw_id == draw.id:
                given[entry.user_id] = changed.allocation.market
            return changed

        not_changed = await self.entries.change_many(draw.campaign_id, list(fans.values()), change)
        if NotChanged.MESSAGES_WAITING in not_changed.values():
            raise Unavailable("outbox", reason="messages of an entry wait, so the draw cannot change it yet")
        counts: dict[MarketId, int] = {}
        for user_id in given.keys() - not_changed.keys():
            counts[given[user_id]] = counts.get(given[user_id], 0) + 1
        return counts


def placed(entry: Entry, draw: Draw, market: MarketId | None, now: datetime) -> Entry:
    """The entry with its place, or on the waitlist."""
    if entry.allocation is not None or entry.selection is Selection.DECLINED:
        return entry
    if market is not None:
        place = AllocatedPlace(market=market, draw_id=draw.id)
        return entry.select(Selection.SELECTED, place).with_event(EntryEvent.SELECTED, now)
    if entry.selection is Selection.NONE:
        return entry.select(Selection.WAITLISTED).with_event(EntryEvent.SELECTED, now)
    return entry
