"""The pool of codes in MongoDB.

Correctness rests on two things only: each write compares the version of the one document it changes, and unique
indexes. No transaction is used.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import pymongo.errors
import stamina

from adapters.mongo.cas import LOST, Lost, until_stored
from adapters.mongo.codes import filters as queries
from adapters.mongo.codes.claims.batcher import ClaimBatcher
from adapters.mongo.codes.collection import Change, CodeCollection
from adapters.mongo.codes.mapping import new_document
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import may_come_back, only_duplicates, translated
from adapters.mongo.keys import key, key_range
from domain.model.codes.code import Code, CodeStatus, CodeType, Refusal
from domain.model.codes.imports import LOOK_ALIKE, MAX_PROBLEMS, CodeBatch, Problem, Tally, Withdrawn
from domain.model.codes.look_alikes import look_alikes
from domain.model.codes.reservations import Claim, Reservation
from domain.model.ids import CampaignId, ImportId, ReserveId
from ports.codes import CodeChange

PAGE: Final = 2_000
"""Codes looked at together when an import is taken back."""
PROBE: Final = 20
"""Codes of a batch looked up to guess whether the file is new or comes again."""
RIDE_OUT_SECONDS: Final = 60.0
"""How long an import waits for a new primary before it gives up."""


class MongoCodePool:
    def __init__(self, codes: CodeCollection, claims: ClaimBatcher) -> None:
        self._codes = codes
        self._claims = claims

    @translated
    async def claim(self, claim: Claim) -> Reservation:
        return await self._claims.claim(claim)

    async def add(self, batch: CodeBatch) -> Tally:
        """A file that comes again is asked about first: refused inserts cost five times a look-up."""
        async for attempt in stamina.retry_context(
            on=may_come_back, attempts=None, timeout=RIDE_OUT_SECONDS, wait_max=2.0
        ):
            with attempt:
                return await self._add(batch)
        raise AssertionError("unreachable: the last attempt raises")

    @translated
    async def _add(self, batch: CodeBatch) -> Tally:
        fresh: dict[str, int] = {}
        for line, code in batch.rows:
            fresh.setdefault(code, line)
        repeated = len(batch.rows) - len(fresh)
        tally = Tally(duplicates=repeated)
        probe = random.sample(list(fresh), min(PROBE, len(fresh)))
        if await self._present(batch, probe):
            present = await self._present(batch, list(fresh))
            tally += _judge(batch, fresh, present)
            fresh = {code: line for code, line in fresh.items() if code not in present}
        return tally + await self._insert(batch, fresh) + await self._look_alikes(batch, fresh)

    @translated
    async def check(self, batch: CodeBatch) -> Tally:
        fresh = {code: line for line, code in batch.rows}
        present = await self._present(batch, list(fresh))
        duplicates = sum(document["type"] == batch.type.value for document in present.values())
        new = {code: line for code, line in fresh.items() if code not in present}
        tally = Tally(inserted=len(new), duplicates=duplicates, conflicts=len(present) - duplicates)
        return tally + await self._look_alikes(batch, new)

    async def _look_alikes(self, batch: CodeBatch, codes: Mapping[str, int]) -> Tally:
        """Which of these lines hold codes that look like others of the campaign, or earlier ones of the file."""
        asked = [(line, other) for code, line in codes.items() for other in look_alikes(code)]
        if not asked:
            return Tally()
        earlier = dict(codes)
        for code, document in (await self._present(batch, list({other for _, other in asked}))).items():
            provenance = document["origin"]
            earlier[code] = provenance["line"] if provenance["importId"] == batch.import_id else 0
        lines = sorted({line for line, other in asked if earlier.get(other, line) < line})
        return Tally(problems=tuple(Problem(line, LOOK_ALIKE) for line in lines[:MAX_PROBLEMS]))

    async def _present(self, batch: CodeBatch, codes: Sequence[str]) -> dict[str, Raw]:
        """Those of ``codes`` that the campaign has, each with its type and origin."""
        cursor = self._codes.raw.find(
            {"_id": {"$in": [key(batch.campaign_id, code) for code in codes]}},
            {"code": 1, "type": 1, "origin": 1},
            max_time_ms=READ_MS,
        )
        return {document["code"]: document for document in await cursor.to_list(None)}

    async def _insert(self, batch: CodeBatch, fresh: Mapping[str, int]) -> Tally:
        if not fresh:
            return Tally()
        documents = [new_document(batch, line, code) for code, line in fresh.items()]
        try:
            await self._codes.raw.insert_many(documents, ordered=False)
        except pymongo.errors.BulkWriteError as error:
            if not only_duplicates(error):
                raise
            failures = (error.details or {})["writeErrors"]
            refused = [documents[failure["index"]]["code"] for failure in failures]
            present = await self._present(batch, refused)
            return Tally(inserted=len(documents) - len(refused)) + _judge(batch, fresh, present)
        return Tally(inserted=len(documents))

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
            for before in await self._codes.load((campaign_id, text) for text in undecided):
                outcome[before.text] = after = change(before)
                if isinstance(after, Code) and after is not before:
                    changes.append((before, after))
            undecided = [code.text for code in await self._codes.write(changes)]
            return LOST if undecided else outcome

        return await until_stored(attempt)

    async def withdraw(self, campaign_id: CampaignId, import_id: ImportId, now: datetime) -> Withdrawn:
        """Page by page through the campaign: rare as it is, it is not worth an index that each import pays for."""
        done: Counter[CodeStatus] = Counter()
        after: str | None = None
        while page := await self._page(campaign_id, after):
            ours = [code for code in page if code.provenance.import_id == import_id]
            done += await self._withdraw(ours, now)
            after = page[-1].text
        return Withdrawn(
            removed=done[CodeStatus.AVAILABLE],
            reserved=done[CodeStatus.RESERVED],
            assigned=done[CodeStatus.ASSIGNED],
        )

    @translated
    async def _page(self, campaign_id: CampaignId, after: str | None) -> list[Code]:
        return await self._codes.find({"_id": key_range(campaign_id, after)}, sort="_id", limit=PAGE)

    @translated
    async def _withdraw(self, codes: Sequence[Code], now: datetime) -> Counter[CodeStatus]:
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
            codes = await self._codes.load((code.campaign_id, code.text) for code in available)
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
            "campaignId", queries.reserved_anywhere(), maxTimeMS=READ_MS
        ):
            for type in CodeType:
                wanted = queries.in_pool(campaign_id, type) | queries.lapsed(now)
                codes = await self._codes.find(wanted, limit=limit - swept)
                lost = await self._codes.write([(code, code.lapse(now)) for code in codes])
                swept += len(codes) - len(lost)
                if swept >= limit:
                    return swept
        return swept


def _judge(batch: CodeBatch, fresh: Mapping[str, int], present: Mapping[str, Raw]) -> Tally:
    """Codes that are there already: stored by an earlier try of this very batch, or by another import."""
    inserted = duplicates = conflicts = 0
    for code, document in present.items():
        provenance = document["origin"]
        if provenance["importId"] == batch.import_id and provenance["line"] == fresh[code]:
            inserted += 1
        elif document["type"] == batch.type.value:
            duplicates += 1
        else:
            conflicts += 1
    return Tally(inserted=inserted, duplicates=duplicates, conflicts=conflicts)
