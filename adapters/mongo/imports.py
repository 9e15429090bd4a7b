"""The record of imports, through its Beanie document."""

from adapters.mongo.documents import ImportDocument, StoredProblem
from adapters.mongo.errors import translated
from domain.model.codes import CodeType
from domain.model.ids import CampaignId, ImportId, UserId
from domain.model.uploads import Import, ImportStatus, Problem, Tally, UploadKey


class MongoImportLog:
    @translated
    async def save(self, run: Import) -> None:
        await _to_document(run).save()

    @translated
    async def get(self, campaign_id: CampaignId, import_id: ImportId) -> Import | None:
        document = await ImportDocument.get(import_id)
        if document is None or document.campaign_id != campaign_id:
            return None
        return _to_import(document)


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
        problems=[StoredProblem(line=problem.line, reason=problem.reason) for problem in run.tally.problems],
        started_at=run.started_at,
        moved_at=run.moved_at,
        finished_at=run.finished_at,
        failure=run.failure,
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
            problems=tuple(Problem(problem.line, problem.reason) for problem in document.problems),
        ),
        started_at=document.started_at,
        moved_at=document.moved_at,
        finished_at=document.finished_at,
        failure=document.failure,
    )
