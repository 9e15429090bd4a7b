"""What the audit log keeps of changes of codes. A code itself is never in it: the history of the code names the
caller and the reservation."""

import re
from collections.abc import Sequence
from typing import Final

from domain.model.audit.changes import Audited, Outcome, done
from domain.model.audit.records import Facts, named
from domain.model.codes.imports import Import, UploadKey, Withdrawn
from domain.model.codes.reservations import Reservation
from domain.model.ids import ImportId
from domain.usecases.codes.assign_codes import AssignCodesCommand, Assigned, NotAssigned
from domain.usecases.codes.begin_import import ImportCodesCommand
from domain.usecases.codes.release_codes import ReleaseCodesCommand, Released
from domain.usecases.codes.reserve_codes import ReserveCodesCommand

_IMPORT_ID: Final = re.compile(r"[0-9a-f]{32}")


def _import_asked(command: ImportCodesCommand) -> Facts:
    """Raises InvalidValue, as the import itself, for a key that is none: it may be any text."""
    return {"key": str(UploadKey.parse(command.key, campaign_id=command.campaign_id))}


def _imported(run: Import) -> Outcome:
    tally = run.tally
    return done(
        tally.inserted > 0,
        importId=run.id,
        status=run.status.value,
        rows=tally.rows,
        inserted=tally.inserted,
        duplicates=tally.duplicates,
        conflicts=tally.conflicts,
        invalid=tally.invalid,
    )


def _withdraw_asked(import_id: ImportId) -> Facts:
    """The id comes from a path, where a caller may write any text."""
    return {"importId": import_id} if _IMPORT_ID.fullmatch(import_id) else {}


def _withdrawn(result: Withdrawn) -> Outcome:
    kept = {"reserved": result.reserved, "assigned": result.assigned}
    return done(result.removed > 0, removed=result.removed, kept=kept)


def _reserve_asked(command: ReserveCodesCommand) -> Facts:
    asked: Facts = {"type": command.type.value, "count": command.count}
    return {**asked, "reserveId": command.reserve_id} if command.reserve_id else asked


def _assign_asked(command: AssignCodesCommand) -> Facts:
    fans = named(tuple(dict.fromkeys(one.user_id for one in command.assignments)))
    return {"reserveId": command.reserve_id, "codes": len(command.assignments), **fans}


def _assigned(results: Sequence[Assigned | NotAssigned]) -> Outcome:
    assigned = sum(isinstance(one, Assigned) for one in results)
    return done(assigned=assigned, rejected=len(results) - assigned)


def _same_assignment(_: AssignCodesCommand, results: Sequence[Assigned | NotAssigned]) -> str:
    """A repeat has the same times. The text is hashed with a key, so codes may be in it."""
    return "\n".join(
        f"{one.assignment.code}\t{one.assignment.user_id}\t{one.at if isinstance(one, Assigned) else one.reason}"
        for one in results
    )


def _release_asked(command: ReleaseCodesCommand) -> Facts:
    asked: Facts = {"reserveId": command.reserve_id}
    return asked if command.codes is None else {**asked, "codes": len(command.codes)}


def _same_release(command: ReleaseCodesCommand, _: Released) -> str:
    """A repeat releases nothing. One that releases something is another change."""
    return "\n".join([command.reserve_id, *(command.codes or ())])


IMPORT: Final[Audited[ImportCodesCommand, Import]] = Audited(
    operation="importCodes", asked=_import_asked, outcome=_imported
)
WITHDRAW: Final[Audited[ImportId, Withdrawn]] = Audited(
    operation="withdrawImport", asked=_withdraw_asked, outcome=_withdrawn
)
RESERVE: Final[Audited[ReserveCodesCommand, Reservation]] = Audited(
    operation="reserveCodes",
    asked=_reserve_asked,
    outcome=lambda held: done(reserveId=held.reserve_id, reserved=len(held.codes)),
    repeats=lambda _, held: f"{held.reserve_id}\n{held.reserved_at}",
)
ASSIGN: Final[Audited[AssignCodesCommand, Sequence[Assigned | NotAssigned]]] = Audited(
    operation="assignCodes", asked=_assign_asked, outcome=_assigned, repeats=_same_assignment
)
RELEASE: Final[Audited[ReleaseCodesCommand, Released]] = Audited(
    operation="releaseCodes",
    asked=_release_asked,
    outcome=lambda result: done(result.count > 0, released=result.count, rejected=len(result.rejected)),
    repeats=_same_release,
)
