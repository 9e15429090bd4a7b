"""Opaque page cursors: the text behind which the next page begins."""

import base64
import binascii

from entrypoints.http.problems import FieldProblem, invalid


def cursor_after(text: str | None) -> str | None:
    if text is None:
        return None
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_after(cursor: str | None) -> str | None:
    """Raises a 422 Problem for a cursor that is none of ours."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid(FieldProblem("/cursor", "is not a cursor of this list")) from None
