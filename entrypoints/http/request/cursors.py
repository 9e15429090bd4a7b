"""Opaque page cursors: the text after which the next page begins."""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.model.audit.records import AuditId, AuditPosition
from domain.model.codes.imports import ImportPosition
from domain.model.ids import CampaignId, ImportId, UserId, is_campaign_id, is_user_id
from domain.model.messaging.relaying import ParkedPosition
from domain.model.registrations.eligibility import RankingPosition
from domain.model.registrations.search import ListPosition
from entrypoints.http.response.problems import FieldProblem, Problem, invalid

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME: Final = re.compile(r"[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_AUDIT_ID: Final = re.compile(r"[0-9a-f]{32}")
_IMPORT_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_MESSAGE_ID: Final = re.compile(r"[!-~]{1,64}")
_USER_ID: Final = re.compile(r".{1,128}")
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
    return None if position is None else _cursor_at(position.started_at, position.id)


def import_position_of(cursor: str | None) -> ImportPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    found = _time_and_id(cursor, _IMPORT_ID)
    return None if found is None else ImportPosition(started_at=found[0], id=ImportId(found[1]))


def cursor_of_audit(position: AuditPosition | None) -> str | None:
    """The cursor of a position in the audit log."""
    return None if position is None else _cursor_at(position.at, position.id)


def audit_position_of(cursor: str | None) -> AuditPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    found = _time_and_id(cursor, _AUDIT_ID)
    return None if found is None else AuditPosition(found[0], AuditId(found[1]))


def cursor_of_entry(position: ListPosition | None) -> str | None:
    """The cursor of a position in the list of registrations."""
    return None if position is None else _cursor_at(position.created_at, position.user_id)


def entry_position_of(cursor: str | None) -> ListPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    found = _time_and_id(cursor, _USER_ID)
    if found is None:
        return None
    if not is_user_id(found[1]):
        raise _foreign()
    return ListPosition(created_at=found[0], user_id=UserId(found[1]))


def cursor_of_parked(position: ParkedPosition | None) -> str | None:
    """The cursor of a position in the list of parked messages. It has the whole time: a store may keep more than
    milliseconds."""
    if position is None:
        return None
    return cursor_after(f"{(position.since - _EPOCH) // _MICROSECOND} {position.id}")


def parked_position_of(cursor: str | None) -> ParkedPosition | None:
    """Raises a 422 Problem for a cursor that this service did not make."""
    found = _time_and_id(cursor, _MESSAGE_ID, unit=_MICROSECOND)
    return None if found is None else ParkedPosition(found[0], found[1])


def number_after(cursor: str | None) -> int | None:
    """The cursor of a list that is in the order of numbers. Raises a 422 Problem."""
    text = text_after(cursor)
    if text is not None and not _NUMBER.fullmatch(text):
        raise _foreign()
    return None if text is None else int(text)


def _cursor_at(time: datetime, id: str) -> str | None:
    return cursor_after(f"{(time - _EPOCH) // _MILLISECOND} {id}")


def _time_and_id(
    cursor: str | None, id: re.Pattern[str], *, unit: timedelta = _MILLISECOND
) -> tuple[datetime, str] | None:
    """What ``_cursor_at`` put into the cursor of a list in the order of time. Raises a 422 Problem."""
    text = text_after(cursor)
    if text is None:
        return None
    time, _, rest = text.partition(" ")
    if not _TIME.fullmatch(time) or not id.fullmatch(rest):
        raise _foreign()
    try:
        return _EPOCH + int(time) * unit, rest
    except OverflowError:  # A time after the year 9999.
        raise _foreign() from None


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
