"""The pool of codes in MongoDB.

Correctness rests on two things only: each write compares the version of the one document it changes, and unique
indexes. No transaction is used.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.adding import CodeAdding
from adapters.mongo.codes.claims.batcher import ClaimBatcher
from adapters.mongo.codes.collection import Change, CodeCollection
from adapters.mongo.driver import READ_MS
from adapters.mongo.errors import translated
from adapters.mongo.keys import documents_after
from adapters.mongo.scatter import SWEEP
from domain.model.codes.code import Code, CodeStatus, CodeType, Refusal
from domain.model.codes.imports import CodeBatch, Tally, Withdrawn
from domain.model.codes.reservations import Claim, Reservation
from domain.model.ids import CampaignId, ImportId, ReserveId
from ports.codes import CodeChange

PAGE: Final = 2_000
"""Codes looked at together when an import is taken back."""


class MongoCodePool:
    def __init__(self, codes: CodeCollection, claims: ClaimBatcher) -> None:
        self._codes = codes
        self._claims = claims
        self._adding = CodeAdding(codes)

    @translated
    async def claim(self, claim: Claim) -> Reservation:
        return await self._claims.claim(claim)

    async def add(self, batch: CodeBatch) -> Tally:
        return await self._adding.add(batch)

    async def check(self, batch: CodeBatch) -> Tally:
        return await self._adding.check(batch)

    @translated
    async def change(
        self, campaign_id: CampaignId, codes: Sequence[str], change: CodeChange
    ) -> Mapping[str, Code | Refusal]:
        """Read, decide, compare-and-set. Where another change was faster, decide again on the newer code."""
        outcome: dict[str, Code | Refusal] = {}
        undecided: Sequence[str] = codes

        async def attempt() -> Mapping[str, Code | Refusal] | Lost:
            nonlocal undecided
            changes: list[Change] = []
            outcome.update(dict.fromkeys(undecided, Refusal.NOT_FOUND))  # It may be gone by now.
            for before in await self._codes.load(campaign_id, undecided):
                outcome[before.text] = after = change(before)
                if isinstance(after, Code) and after is not before:
                    changes.append((before, after))
            undecided = [code.text for code in await self._codes.write(changes)]
            return LOST if undecided else outcome

        return await until_stored(attempt)

    async def withdraw(self, campaign_id: CampaignId, import_id: ImportId, now: datetime) -> Withdrawn:
        done: Counter[CodeStatus] = Counter()
        after: str | None = None
        while page := await self._stored_by(campaign_id, import_id, after):
            done += await self._withdraw(campaign_id, page, now)
            after = page[-1].text
        return Withdrawn(
            removed=done[CodeStatus.AVAILABLE],
            reserved=done[CodeStatus.RESERVED],
            assigned=done[CodeStatus.ASSIGNED],
        )

    @translated
    async def _stored_by(self, campaign_id: CampaignId, import_id: ImportId, after: str | None) -> list[Code]:
        wanted = queries.stored_by(campaign_id, import_id) | documents_after(campaign_id, after)
        return await self._codes.find(wanted, sort="_id", limit=PAGE)

    @translated
    async def _withdraw(
        self, campaign_id: CampaignId, codes: Sequence[Code], now: datetime
    ) -> Counter[CodeStatus]:
        """Remove the available ones. Returns how many were removed, and the status of the others. A claim wins."""
        stands: Counter[CodeStatus] = Counter()

        async def attempt() -> Counter[CodeStatus] | Lost:
            nonlocal codes
            by_status: defaultdict[CodeStatus, list[Code]] = defaultdict(list)
            for code in codes:
                by_status[code.status(now)].append(code)
            available = by_status.pop(CodeStatus.AVAILABLE, [])
            removed = await self._codes.remove(available)
            stands.update({status: len(those) for status, those in by_status.items()})
            stands[CodeStatus.AVAILABLE] += removed
            if removed == len(available):
                return stands
            codes = await self._codes.load(campaign_id, [code.text for code in available])
            return LOST

        return await until_stored(attempt)

    @translated
    async def held(self, campaign_id: CampaignId, reserve_id: ReserveId, now: datetime) -> Sequence[str]:
        held = queries.held_by(campaign_id, reserve_id, now)
        cursor = self._codes.raw.find(held, {"code": 1}, max_time_ms=READ_MS)
        return [document["code"] for document in await cursor.to_list(None)]

    @translated
    async def sweep(self, now: datetime, limit: int) -> int:
        """Campaign by campaign, so that the index of deadlines serves."""
        swept = 0
        for campaign_id in await self._codes.raw.distinct(
            "campaignId", queries.reserved_anywhere(), maxTimeMS=READ_MS, comment=SWEEP
        ):
            for type in CodeType:
                wanted = queries.in_pool(campaign_id, type) | queries.lapsed(now)
                codes = await self._codes.find(wanted, limit=limit - swept)
                lost = await self._codes.write([(code, code.lapse(now)) for code in codes])
                swept += len(codes) - len(lost)
                if swept >= limit:
                    return swept
        return swept
