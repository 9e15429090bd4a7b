"""The record of imports, through its Beanie document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from beanie import SortDirection, init_beanie
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.codes.documents import ImportDocument, StoredProblem, StoredUnderstood
from adapters.mongo.driver import READ_MS, Raw
from adapters.mongo.errors import translated
from domain.model.codes.code import CodeType
from domain.model.codes.files.layout import Understood
from domain.model.codes.imports import Import, ImportPosition, ImportStatus, Problem, Tally, UploadKey
from domain.model.ids import CampaignId, ImportId, UserId

NEWEST_FIRST: Final = [("startedAt", SortDirection.DESCENDING), ("_id", SortDirection.DESCENDING)]


class MongoImportLog:
    def __init__(self, database: AsyncDatabase[Raw]) -> None:
        self._database = database
        self._ready = False

    @translated
    async def save(self, run: Import) -> None:
        await self._prepare()
        await _to_document(run).save()

    @translated
    async def get(self, campaign_id: CampaignId, import_id: ImportId) -> Import | None:
        await self._prepare()
        document = await ImportDocument.get(import_id, max_time_ms=READ_MS)
        if document is None or document.campaign_id != campaign_id:
            return None
        return _to_import(document)

    @translated
    async def page(self, campaign_id: CampaignId, *, after: ImportPosition | None, limit: int) -> Sequence[Import]:
        await self._prepare()
        wanted: Raw = {"campaignId": campaign_id}
        if after is not None:
            earlier = {"startedAt": {"$lt": after.started_at}}
            same = {"startedAt": after.started_at, "_id": {"$lt": after.id}}
            wanted |= {"startedAt": {"$lte": after.started_at}, "$or": [earlier, same]}
        found = ImportDocument.find(wanted, sort=NEWEST_FIRST, limit=limit, max_time_ms=READ_MS)
        return [_to_import(document) for document in await found.to_list()]

    async def _prepare(self) -> None:
        """On first use, not at the start: Beanie asks the server something, and it may be away then."""
        if not self._ready:
            await init_beanie(database=self._database, document_models=[ImportDocument], skip_indexes=True)
            self._ready = True


def _to_document(run: Import) -> ImportDocument:
    return ImportDocument(
        id=run.id,
        campaign_id=run.key.campaign_id,
        type=run.key.type.value,
        filename=run.key.filename,
        by=run.by,
        status=run.status.value,
        inserted=run.tally.inserted,
        duplicates=run.tally.duplicates,
        conflicts=run.tally.conflicts,
        blank=run.tally.blank,
        invalid=run.tally.invalid,
        problems=[
            StoredProblem(line=problem.line, reason=problem.reason, detail=problem.detail)
            for problem in run.tally.problems
        ],
        started_at=run.started_at,
        moved_at=run.moved_at,
        finished_at=run.finished_at,
        failure=run.failure,
        understood=StoredUnderstood(**asdict(run.understood)) if run.understood else None,
    )


def _to_import(document: ImportDocument) -> Import:
    return Import(
        id=ImportId(document.id),
        key=UploadKey(CampaignId(document.campaign_id), CodeType(document.type), document.filename),
        by=UserId(document.by),
        status=ImportStatus(document.status),
        tally=Tally(
            inserted=document.inserted,
            duplicates=document.duplicates,
            conflicts=document.conflicts,
            blank=document.blank,
            invalid=document.invalid,
            problems=tuple(Problem(problem.line, problem.reason, problem.detail) for problem in document.problems),
        ),
        started_at=document.started_at,
        moved_at=document.moved_at,
        finished_at=document.finished_at,
        failure=document.failure,
        understood=Understood(**document.understood.model_dump()) if document.understood else None,
    )
