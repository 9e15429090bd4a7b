"""Opaque page cursors: the text after which the next page begins."""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.model.audit.records import AuditId, AuditPosition
from domain.model.codes.imports import ImportPosition
from domain.model.ids import CampaignId, ImportId, UserId, is_campaign_id, is_user_id
from domain.model.registrations.eligibility import RankingPosition
from domain.model.registrations.search import ListPosition
from entrypoints.http.response.problems import FieldProblem, Problem, invalid

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AUDIT_POSITION: Final = re.compile(r"([0-9]{1,15}) ([0-9a-f]{32})")
_ENTRY_POSITION: Final = re.compile(r"([0-9]{1,15}) (.{1,128})")
_SCORE: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,20})?(e-[0-9]{1,3})?")


def cursor_of(position: RankingPosition | None) -> str | None:
    """The cursor of a position in a ranking."""
    return None if position is None else cursor_after(f"{position.score!r} {position.user_id}")


def position_of(cursor: str | None) -> RankingPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    text = text_after(cursor)
    if text is None:
        return None
    score, _, user_id = text.partition(" ")
    if not _SCORE.fullmatch(score) or not is_user_id(user_id):
        raise _foreign()
    return RankingPosition(score=float(score), user_id=UserId(user_id))


def campaign_after(cursor: str | None) -> CampaignId | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    text = text_after(cursor)
    if text is not None and not is_campaign_id(text):
        raise _foreign()
    return None if text is None else CampaignId(text)


def cursor_of_import(position: ImportPosition | None) -> str | None:
    """The cursor of a position in the list of imports."""
    return None if position is None else cursor_after(f"{position.started_at.isoformat()} {position.id}")


def import_position_of(cursor: str | None) -> ImportPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    text = text_after(cursor)
    if text is None:
        return None
    time, _, id = text.partition(" ")
    try:
        started_at = datetime.fromisoformat(time)
    except ValueError:
        raise _foreign() from None
    if started_at.tzinfo is None or not id:
        raise _foreign()
    return ImportPosition(started_at=started_at, id=ImportId(id))


def cursor_of_audit(position: AuditPosition | None) -> str | None:
    """The cursor of a position in the audit log."""
    if position is None:
        return None
    return cursor_after(f"{_milliseconds(position.at)} {position.id}")


def audit_position_of(cursor: str | None) -> AuditPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    text = text_after(cursor)
    if text is None:
        return None
    found = _AUDIT_POSITION.fullmatch(text)
    try:
        if found is not None:
            return AuditPosition(_time(found[1]), AuditId(found[2]))
    except OverflowError:
        pass
    raise _foreign()


def cursor_of_entry(position: ListPosition | None) -> str | None:
    """The cursor of a position in the list of registrations."""
    return None if position is None else cursor_after(f"{_milliseconds(position.created_at)} {position.user_id}")


def entry_position_of(cursor: str | None) -> ListPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    text = text_after(cursor)
    if text is None:
        return None
    found = _ENTRY_POSITION.fullmatch(text)
    try:
        if found is not None and is_user_id(found[2]):
            return ListPosition(created_at=_time(found[1]), user_id=UserId(found[2]))
    except OverflowError:
        pass
    raise _foreign()


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def _time(milliseconds: str) -> datetime:
    """Raises OverflowError for a time after the year 9999."""
    return _EPOCH + timedelta(milliseconds=int(milliseconds))


def cursor_after(text: str | None) -> str | None:
    if text is None:
        return None
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_after(cursor: str | None) -> str | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _foreign() from None


def _foreign() -> Problem:
    return invalid(FieldProblem("/cursor", "is not a cursor of this list"))
