"""Draws in this process's memory."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.memory.entries import MemoryEntryStore
from domain.model.draws.chunks import ListChunk, ResultChunk, WaitingChunk
from domain.model.draws.draw import Draw
from domain.model.draws.entrants import Standing, group_of
from domain.model.draws.errors import BallotsMissing, DrawNotFound
from domain.model.draws.order import Turn
from domain.model.draws.screening import CandidateBatch, Profile
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.markets import MarketId
from ports.draws import UNANNOUNCED_LIST_KEPT, DrawChange, DrawOfNumber

BATCH: Final = 1_000
"""Candidates that are handed on together."""
Key = tuple[CampaignId, DrawId]


class MemoryDraws:
    """No method gives up the event loop before it is done, so each is atomic."""

    def __init__(self) -> None:
        self._draws: dict[Key, Draw] = {}

    async def announce(self, campaign_id: CampaignId, draw_of: DrawOfNumber) -> Draw:
        draw = draw_of(len(self._of(campaign_id)) + 1)
        self._draws[campaign_id, draw.id] = draw
        return draw

    async def get(self, campaign_id: CampaignId, draw_id: DrawId) -> Draw | None:
        return self._draws.get((campaign_id, draw_id))

    async def page(self, campaign_id: CampaignId, *, before: int | None, limit: int) -> Sequence[Draw]:
        newest = sorted(self._of(campaign_id), key=lambda draw: draw.number, reverse=True)
        return [draw for draw in newest if before is None or draw.number < before][:limit]

    async def change(self, campaign_id: CampaignId, draw_id: DrawId, change: DrawChange) -> Draw:
        if (before := self._draws.get((campaign_id, draw_id))) is None:
            raise DrawNotFound
        after = change(before)
        assert after == before or after.version > before.version, "a change raises the version"
        self._draws[campaign_id, draw_id] = after
        return after

    async def unfinished(self, limit: int) -> Sequence[Draw]:
        return [draw for draw in self._draws.values() if draw.unfinished][:limit]

    def announced(self, key: Key) -> bool:
        return key in self._draws

    def _of(self, campaign_id: CampaignId) -> list[Draw]:
        return [draw for (campaign, _), draw in self._draws.items() if campaign == campaign_id]


@dataclass(slots=True)
class _PutList:
    at: datetime
    chunks: list[ListChunk] = field(default_factory=list)


class MemoryDrawLists:
    def __init__(self, draws: MemoryDraws) -> None:
        self._draws = draws
        self._lists: dict[Key, _PutList] = {}

    async def put(
        self, campaign_id: CampaignId, draw_id: DrawId, chunks: AsyncIterator[ListChunk], now: datetime
    ) -> None:
        for key, old in list(self._lists.items()):
            left = key[0] == campaign_id and old.at <= now - UNANNOUNCED_LIST_KEPT
            if left and not self._draws.announced(key):
                del self._lists[key]
        put = self._lists[campaign_id, draw_id] = _PutList(now)
        async for chunk in chunks:
            put.chunks.append(chunk)

    async def chunks(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[ListChunk]:
        for chunk in self._of(campaign_id, draw_id)[first:]:
            yield chunk

    async def chunk_of(self, campaign_id: CampaignId, draw_id: DrawId, ballot_id: BallotId) -> ListChunk | None:
        found = [chunk for chunk in self._of(campaign_id, draw_id) if chunk.first <= ballot_id]
        return found[-1] if found else None

    async def roots(self, campaign_id: CampaignId, draw_id: DrawId) -> Sequence[bytes]:
        return [chunk.root for chunk in self._of(campaign_id, draw_id)]

    def kept(self) -> Collection[Key]:
        """For tests: the draws that have a list."""
        return self._lists.keys()

    async def discard(self, campaign_id: CampaignId, draw_id: DrawId) -> None:
        self._lists.pop((campaign_id, draw_id), None)

    def _of(self, campaign_id: CampaignId, draw_id: DrawId) -> list[ListChunk]:
        put = self._lists.get((campaign_id, draw_id))
        return put.chunks if put else []


class MemoryDrawResults:
    def __init__(self) -> None:
        self._results: dict[Key, list[ResultChunk]] = {}
        self._waiting: dict[Key, list[WaitingChunk]] = {}

    async def put(
        self,
        campaign_id: CampaignId,
        draw_id: DrawId,
        results: AsyncIterator[ResultChunk],
        waiting: AsyncIterator[WaitingChunk],
    ) -> None:
        self._results[campaign_id, draw_id] = [chunk async for chunk in results]
        self._waiting[campaign_id, draw_id] = [chunk async for chunk in waiting]

    async def results(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[ResultChunk]:
        for chunk in self._results.get((campaign_id, draw_id), [])[first:]:
            yield chunk

    async def result_chunk(self, campaign_id: CampaignId, draw_id: DrawId, number: int) -> ResultChunk | None:
        found = self._results.get((campaign_id, draw_id), [])[number : number + 1]
        return found[0] if found else None

    async def waiting(
        self, campaign_id: CampaignId, draw_id: DrawId, *, first: int = 0
    ) -> AsyncIterator[WaitingChunk]:
        for chunk in self._waiting.get((campaign_id, draw_id), [])[first:]:
            yield chunk

    async def waiting_at(self, campaign_id: CampaignId, draw_id: DrawId, turn: Turn) -> WaitingChunk | None:
        found = [chunk for chunk in self._waiting.get((campaign_id, draw_id), []) if chunk.first <= turn]
        return found[-1] if found else None


class MemoryCandidates:
    def __init__(self, entries: MemoryEntryStore) -> None:
        self._entries = entries

    async def of_campaign(self, campaign_id: CampaignId, group_by: str | None) -> AsyncIterator[CandidateBatch]:
        fans = sorted(self._entries.all_of(campaign_id))
        for start in range(0, len(fans), BATCH):
            entries = self._entries.all_of(campaign_id)
            found = [entries.get(user_id) for user_id in fans[start : start + BATCH]]
            yield _batch([entry for entry in found if entry], group_by)

    async def fans_of(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Mapping[BallotId, UserId]:
        wanted = set(ballots)
        fans = ((entry.ballot_id, entry.user_id) for entry in self._entries.all_of(campaign_id).values())
        return {ballot_id: user_id for ballot_id, user_id in fans if ballot_id and ballot_id in wanted}

    async def placed_among(
        self, campaign_id: CampaignId, draw_id: DrawId, ballots: Sequence[BallotId]
    ) -> Mapping[BallotId, UserId]:
        entries = self._entries.all_of(campaign_id)
        fans = await self.fans_of(campaign_id, ballots)
        places = {ballot_id: entries[user_id].allocation for ballot_id, user_id in fans.items()}
        return {one: fans[one] for one, place in places.items() if place and place.draw_id == draw_id}

    async def waiting_among(self, campaign_id: CampaignId, ballots: Sequence[BallotId]) -> Collection[BallotId]:
        entries = self._entries.all_of(campaign_id)
        fans = await self.fans_of(campaign_id, ballots)
        return {one for one, fan in fans.items() if entries[fan].selection is Selection.WAITLISTED}

    async def placed(self, campaign_id: CampaignId, draw_id: DrawId) -> Mapping[MarketId, int]:
        places = (entry.allocation for entry in self._entries.all_of(campaign_id).values())
        return Counter(place.market for place in places if place and place.draw_id == draw_id)


def _batch(entries: Sequence[Entry], group_by: str | None) -> CandidateBatch:
    ballots = [entry.ballot_id for entry in entries if entry.ballot_id is not None]
    if len(ballots) < len(entries):
        raise BallotsMissing
    groups = [group_of(entry.details.attributes, group_by) for entry in entries]
    return CandidateBatch(
        ballots=ballots,
        profiles=list(map(_profile, entries)),
        scores=[entry.score for entry in entries],
        groups=None if group_by is None else groups,
    )


def _profile(entry: Entry) -> Profile:
    standing = Standing(entry.confirmed, entry.selection, entry.fraud.status)
    return Profile(standing=standing, markets=entry.details.markets)
