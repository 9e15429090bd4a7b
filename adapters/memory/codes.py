"""Codes in this process's memory: for tests, for the demo, for trying things out. Gone when the process ends."""

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.model.codes.code import (
    HISTORY_LIMIT,
    Code,
    CodeStatus,
    CodeType,
    Provenance,
    Refusal,
)
from domain.model.codes.errors import CodesExhausted
from domain.model.codes.imports import (
    LOOK_ALIKE,
    MAX_PROBLEMS,
    CodeBatch,
    Problem,
    Tally,
    Withdrawn,
)
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.codes.look_alikes import look_alikes
from domain.model.codes.reservations import Claim, Reservation
from domain.model.ids import CampaignId, ImportId, ReserveId, UserId
from ports.codes import CodeChange


@dataclass(slots=True)
class _Campaign:
    codes: dict[str, Code] = field(default_factory=dict)
    free: dict[CodeType, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Codes that are not held, each once, in no order."""
    reservations: dict[ReserveId, set[str]] = field(default_factory=lambda: defaultdict(set))
    holders: Counter[tuple[CodeType, UserId]] = field(default_factory=Counter)
    """How many codes of a type each fan has."""
    deadlines: list[tuple[datetime, str]] = field(default_factory=list)
    """A heap of the times when holds lapse. Holds that ended in another way stay in it and are ignored."""

    def put(self, after: Code) -> None:
        """Store ``after`` and keep the lists above true."""
        before = self.codes.get(after.text)
        if before and before.hold:
            self.reservations[before.hold.reserve_id].discard(after.text)
        if after.hold:
            self.reservations[after.hold.reserve_id].add(after.text)
            if after.assigned_to is None:
                heapq.heappush(self.deadlines, (after.hold.expires_at, after.text))
        elif before is None or before.hold:
            self.free[after.type].append(after.text)
        self.count(before, -1)
        self.count(after, +1)
        self.codes[after.text] = replace(after, transitions=after.transitions[-HISTORY_LIMIT:])

    def count(self, code: Code | None, change: int) -> None:
        if code and code.assigned_to is not None:
            holder = (code.type, code.assigned_to)
            self.holders[holder] += change
            if not self.holders[holder]:
                del self.holders[holder]  # Nothing is left of a person who was erased.

    def remove(self, codes: Sequence[Code]) -> None:
        """Forget codes that are not held. Their entries in the heap are ignored later."""
        gone = {code.text for code in codes}
        for code in codes:
            del self.codes[code.text]
        for type, free in self.free.items():
            self.free[type] = [text for text in free if text not in gone]

    def sweep(self, now: datetime, limit: int | None = None) -> int:
        swept = 0
        while self.deadlines and self.deadlines[0][0] <= now and swept != limit:
            _, text = heapq.heappop(self.deadlines)
            code = self.codes.get(text)
            if code and code.has_lapsed(now):
                self.put(code.lapse(now))
                swept += 1
        return swept

    def draw(self, type: CodeType) -> Code:
        """Take a free code at random, so that codes do not leave in the order of the file."""
        free = self.free[type]
        index = random.randrange(len(free))
        free[index], free[-1] = free[-1], free[index]
        return self.codes[free.pop()]


class MemoryCodeStore:
    """A CodePool and CodeCatalogue. No method gives up the event loop before it is done, so each is atomic."""

    def __init__(self) -> None:
        self._campaigns: defaultdict[CampaignId, _Campaign] = defaultdict(_Campaign)

    @property
    def name(self) -> str:
        return "store"

    def away(self) -> bool:
        return False

    async def ping(self) -> None:
        return None

    async def add(self, batch: CodeBatch) -> Tally:
        campaign = self._campaigns[batch.campaign_id]
        inserted = duplicates = conflicts = 0
        seen: set[str] = set()
        problems: list[Problem] = []
        for line, text in batch.rows:
            provenance = Provenance(import_id=batch.import_id, line=line, at=batch.at, by=batch.by)
            present = campaign.codes.get(text)
            if present is None:
                campaign.put(
                    Code(campaign_id=batch.campaign_id, text=text, type=batch.type, provenance=provenance)
                )
                if any(other in campaign.codes for other in look_alikes(text)):
                    problems.append(Problem(line, LOOK_ALIKE))
            if present is None or present.provenance == provenance:
                inserted += 1
            elif present.type is batch.type or text in seen:
                duplicates += 1
            else:
                conflicts += 1
            seen.add(text)
        return Tally(inserted=inserted, duplicates=duplicates, conflicts=conflicts, problems=tuple(problems))

    async def check(self, batch: CodeBatch) -> Tally:
        codes = self._campaigns[batch.campaign_id].codes
        present = [codes[text] for _, text in batch.rows if text in codes]
        duplicates = sum(code.type is batch.type for code in present)
        known = set(codes)
        problems: list[Problem] = []
        for line, text in batch.rows:
            if text not in codes and not known.isdisjoint(look_alikes(text)):
                problems.append(Problem(line, LOOK_ALIKE))
            known.add(text)
        return Tally(
            inserted=len(batch.rows) - len(present),
            duplicates=duplicates,
            conflicts=len(present) - duplicates,
            problems=tuple(problems[:MAX_PROBLEMS]),
        )

    async def withdraw(self, campaign_id: CampaignId, import_id: ImportId, now: datetime) -> Withdrawn:
        campaign = self._campaigns[campaign_id]
        campaign.sweep(now)
        ours = [code for code in campaign.codes.values() if code.provenance.import_id == import_id]
        by_status = Counter(code.status(now) for code in ours)
        campaign.remove([code for code in ours if code.status(now) is CodeStatus.AVAILABLE])
        return Withdrawn(
            removed=by_status[CodeStatus.AVAILABLE],
            reserved=by_status[CodeStatus.RESERVED],
            assigned=by_status[CodeStatus.ASSIGNED],
        )

    async def claim(self, claim: Claim) -> Reservation:
        campaign = self._campaigns[claim.campaign_id]
        campaign.sweep(claim.now)
        held = [
            code
            for code in (campaign.codes[text] for text in campaign.reservations[claim.reserve_id])
            if code.belongs_to_live_reservation(claim.reserve_id, claim.now)
        ]
        positions = claim.open_positions(held)
        available = len(campaign.free[claim.type])
        if available < len(positions):
            stocked = available > 0 or any(code.type is claim.type for code in campaign.codes.values())
            raise CodesExhausted(available=available, stocked=stocked)
        first = held[0].hold if held else None
        for position in positions:
            code = campaign.draw(claim.type).reserve(claim.hold(position, like=first), claim.now, claim.by)
            assert isinstance(code, Code), "a free code can be reserved"
            campaign.put(code)
            held.append(code)
        return Reservation.of(held)

    async def change(
        self, campaign_id: CampaignId, codes: Sequence[str], change: CodeChange
    ) -> Mapping[str, Code | Refusal]:
        campaign = self._campaigns[campaign_id]
        outcome: dict[str, Code | Refusal] = {}
        for text in codes:
            before = campaign.codes.get(text)
            after = change(before) if before else Refusal.NOT_FOUND
            if isinstance(after, Code) and after is not before:
                campaign.put(after)
            outcome[text] = after
        return outcome

    async def held(self, campaign_id: CampaignId, reserve_id: ReserveId, now: datetime) -> Sequence[str]:
        campaign = self._campaigns[campaign_id]
        return [
            text
            for text in campaign.reservations.get(reserve_id, ())
            if campaign.codes[text].status(now) is CodeStatus.RESERVED
        ]

    async def sweep(self, now: datetime, limit: int) -> int:
        swept = 0
        for campaign in self._campaigns.values():
            swept += campaign.sweep(now, limit - swept)
        return swept

    async def campaigns(self, limit: int, *, after: CampaignId | None = None) -> Sequence[CampaignId]:
        return sorted(id for id in self._campaigns if self._codes(id) and id > (after or ""))[:limit]

    async def count(self, campaign_id: CampaignId, now: datetime) -> Mapping[CodeType, StatusCounts]:
        counts: dict[CodeType, dict[str, int]] = {}
        for code in self._codes(campaign_id).values():
            of_type = counts.setdefault(code.type, dict.fromkeys(CodeStatus, 0))
            of_type[code.status(now)] += 1
        return {type: StatusCounts(**of_type) for type, of_type in counts.items()}

    async def get(self, campaign_id: CampaignId, code: str) -> Code | None:
        return self._codes(campaign_id).get(code)

    async def campaigns_with(self, campaigns: Sequence[CampaignId], code: str) -> Sequence[CampaignId]:
        return sorted(id for id in campaigns if code in self._codes(id))

    async def holders(self, campaign_id: CampaignId, type: CodeType, fans: Sequence[UserId]) -> Collection[UserId]:
        campaign = self._campaigns.get(campaign_id)
        return {user_id for user_id in fans if campaign and campaign.holders[type, user_id]}

    async def page(
        self, campaign_id: CampaignId, wanted: CodeFilter, *, after: str | None, limit: int, now: datetime
    ) -> Sequence[Code]:
        codes = self._codes(campaign_id).values()
        found = (code for code in codes if (after is None or code.text > after) and wanted.admits(code, now))
        return heapq.nsmallest(limit, found, key=lambda code: code.text)

    def of_person(self, user_id: UserId) -> list[Code]:
        every = (code for campaign in self._campaigns.values() for code in campaign.codes.values())
        return [code for code in every if code.concerns(user_id)]

    async def count_of_person(self, user_id: UserId) -> int:
        return len(self.of_person(user_id))

    async def erase(self, user_id: UserId, pseudonym: UserId, _: datetime) -> None:
        for code in self.of_person(user_id):
            self._campaigns[code.campaign_id].put(code.replace_person(user_id, pseudonym))

    def _codes(self, campaign_id: CampaignId) -> Mapping[str, Code]:
        """Reading an unknown campaign does not make one."""
        campaign = self._campaigns.get(campaign_id)
        return campaign.codes if campaign else {}
