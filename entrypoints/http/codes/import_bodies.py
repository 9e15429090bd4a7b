"""An import of codes on the wire: the request, the receipt, and the result of withdrawing it."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from domain.model.codes.code import CodeType
from domain.model.codes.files.cells import ACCEPTABLE, Reason
from domain.model.codes.files.headers import MAX_COLUMN_NAME
from domain.model.codes.files.layout import MAX_COLUMN, FileOptions, Understood
from domain.model.codes.imports import Import, ImportStatus
from domain.model.errors import InvalidValue
from entrypoints.http.wire import Instant, Wire, instant, instant_or_none

ColumnNumber = Annotated[int, Meta(ge=1, le=MAX_COLUMN)]
ColumnName = Annotated[str, Meta(min_length=1, max_length=MAX_COLUMN_NAME)]


class ImportRequest(Wire):
    key: Annotated[str, Meta(min_length=1, max_length=512, description="codes/{campaignId}/{type}/{filename}")]
    separator: Annotated[
        Literal[",", ";", "\t", "|"] | None,
        Meta(description="The separator of columns; without it, it is detected."),
    ] = None
    header: Annotated[
        bool | None, Meta(description="Does the first row name the columns? Without it, it is detected.")
    ] = None
    column: Annotated[
        ColumnNumber | ColumnName | None,
        Meta(description="The column of the codes: its number from 1, or its name in the first row."),
    ] = None
    accept: Annotated[
        tuple[Reason, ...],
        Meta(max_length=len(Reason), description="Rows with one of these reasons are accepted as codes."),
    ] = ()
    dry_run: Annotated[
        bool, Meta(description="Only check the file: the receipt comes, and nothing is stored.")
    ] = False

    def options(self) -> FileOptions:
        """Raises InvalidValue for a reason that cannot be accepted."""
        accept = frozenset(self.accept)
        if refused := sorted(accept - ACCEPTABLE):
            raise InvalidValue("accept", f"{', '.join(refused)} cannot be accepted: such a row is no code")
        return FileOptions(separator=self.separator, header=self.header, column=self.column, accept=accept)


class ProblemLine(Wire):
    line: int
    reason: Annotated[str, Meta(description="Why the row was not stored; `header` and `look_alike` only inform.")]
    detail: Annotated[str, Meta(description="The character in question.")] | UnsetType = UNSET


class UnderstoodBody(Wire):
    encoding: str
    separator: str
    header: bool
    column: Annotated[int, Meta(description="From 1.")]

    @classmethod
    def of(cls, understood: Understood) -> "UnderstoodBody":
        return cls(
            encoding=understood.encoding,
            separator=understood.separator,
            header=understood.header,
            column=understood.column,
        )


class ImportBody(Wire):
    import_id: str
    campaign_id: str
    type: CodeType
    key: str
    status: ImportStatus
    rows: Annotated[int, Meta(description="inserted + duplicates + conflicts + blank + invalid")]
    inserted: int
    duplicates: Annotated[int, Meta(description="Earlier in the file, or in the campaign under this type.")]
    conflicts: Annotated[int, Meta(description="In the campaign under the other type.")]
    blank: int
    invalid: int
    problems: Annotated[list[ProblemLine], Meta(description="The first 100.")]
    started_at: Instant
    finished_at: Instant | None
    failure: Annotated[str | None, Meta(description="The code of the error that ended a failed import.")]
    understood: Annotated[
        UnderstoodBody | None, Meta(description="How the file is read; null before its head is checked.")
    ]
    sample: (
        Annotated[list[str], Meta(description="After a dry run: the first and the last five codes.")] | UnsetType
    ) = UNSET

    @classmethod
    def of(cls, run: Import) -> "ImportBody":
        return cls(
            import_id=run.id,
            campaign_id=run.key.campaign_id,
            type=run.key.type,
            key=str(run.key),
            status=run.status,
            rows=run.tally.rows,
            inserted=run.tally.inserted,
            duplicates=run.tally.duplicates,
            conflicts=run.tally.conflicts,
            blank=run.tally.blank,
            invalid=run.tally.invalid,
            problems=[
                ProblemLine(line=problem.line, reason=problem.reason, detail=problem.detail or UNSET)
                for problem in run.tally.problems
            ],
            started_at=instant(run.started_at),
            finished_at=instant_or_none(run.finished_at),
            failure=run.failure,
            understood=UnderstoodBody.of(run.understood) if run.understood else None,
            sample=list(run.sample) if run.status is ImportStatus.CHECKED else UNSET,
        )


class KeptBody(Wire):
    reserved: int
    assigned: int


class WithdrawnBody(Wire):
    removed: Annotated[int, Meta(description="Available codes that were removed.")]
    kept: Annotated[KeptBody, Meta(description="Codes that are reserved or assigned, and stay.")]


EXAMPLE: Final = {
    "importId": "0b2f6f0e2b5c4f0f9d7c3f4a1e6d5b8a",
    "campaignId": "tour-2026",
    "type": "tm",
    "key": "codes/tour-2026/tm/batch-1.csv",
    "status": "completed",
    "rows": 50_010,
    "inserted": 50_000,
    "duplicates": 6,
    "conflicts": 1,
    "blank": 2,
    "invalid": 1,
    "problems": [{"line": 7, "reason": "too_long"}],
    "startedAt": "2026-11-21T18:00:00.000Z",
    "finishedAt": "2026-11-21T18:00:01.500Z",
    "failure": None,
    "understood": {"encoding": "utf-8", "separator": ",", "header": False, "column": 1},
}
