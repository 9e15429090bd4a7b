"""Adding the codes of a file to a pool in MongoDB."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

import pymongo.errors
import stamina

from adapters.mongo.codes.collection import CodeCollection
from adapters.mongo.codes.mapping import new_document
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import may_come_back, only_duplicates, translated
from adapters.mongo.keys import documents_of
from domain.model.codes.imports import LOOK_ALIKE, MAX_PROBLEMS, CodeBatch, Problem, Tally
from domain.model.codes.look_alikes import look_alikes

PROBE: Final = 20
"""Codes of a batch looked up to guess whether the file is new or comes again."""
RIDE_OUT_SECONDS: Final = 60.0
"""How long an import waits for a new primary before it gives up."""


class CodeAdding:
    def __init__(self, codes: CodeCollection) -> None:
        self._codes = codes

    async def add(self, batch: CodeBatch) -> Tally:
        """Codes of a file that comes again are looked up first: a refused insert costs five times as much."""
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
        """The lines with a code that looks like another of the campaign, or like an earlier one of the file."""
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
            documents_of(batch.campaign_id, codes),
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
