"""What retention takes next."""

import re
from typing import Final

from entrypoints.console.desk import Desk
from entrypoints.console.page import Page
from entrypoints.http.privacy.erasures import erase_person
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import FieldProblem, invalid

SHOWN: Final = 20
_NUMBER: Final = re.compile("[0-9]{1,5}")
LONGEST: Final = 36_500
USUAL_DAYS: Final = 90
"""Where the operator set none."""


@Page(path="/privacy/retention", operation=erase_person)
async def retention(desk: Desk) -> Reply:
    """No operation of the API tells this; the rule is the purge's own.

    All campaigns are asked for, so it comes after the page.
    """
    set_days = desk.app.privacy.retention_days
    days = _days(desk.fields.one("days"), set_days or USUAL_DAYS)
    at_once = desk.partly or desk.whole
    found = await desk.app.privacy.retention(days, limit=SHOWN) if at_once else None
    template = "retention_found.html" if desk.partly else "retention.html"
    return desk.show(template, found=found, days=days, set_days=set_days)


def _days(given: str, otherwise: int) -> int:
    """Raises a 422 Problem."""
    if not given:
        return otherwise
    if _NUMBER.fullmatch(given) and 1 <= int(given) <= LONGEST:
        return int(given)
    raise invalid(FieldProblem("/days", f"must be a number from 1 to {LONGEST}"))
