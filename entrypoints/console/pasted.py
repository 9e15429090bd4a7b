"""A list that was pasted into a form: one id a line, as it is copied from a column of a spreadsheet."""

from typing import Final

from entrypoints.http.entries.administration import MAX_USERS
from entrypoints.http.response.problems import FieldProblem, invalid

HEADS: Final = frozenset({"userid", "user id", "user_id"})


def pasted_ids(text: str) -> list[str]:
    """Each once, in their order. Raises a 422 Problem for more than an operation takes."""
    lines = [line.strip() for line in text.splitlines()]
    given = [line for line in lines if line]
    ids = list(dict.fromkeys(given[1:] if given and given[0].lower() in HEADS else given))
    if len(ids) > MAX_USERS:
        problem = f"has {len(ids):,} ids. At most {MAX_USERS:,} can be changed at once: send them in parts"
        raise invalid(FieldProblem("/userIds", problem))
    return ids
