"""The columns in which MongoDB packs a page of entries for an announcement."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from adapters.mongo.driver import Raw
from adapters.mongo.entries.choices import CHOICE
from domain.model.draws.errors import DuplicateBallot

COLUMNS: Final[Raw] = {
    "ballots": "$ballotId",
    "scores": {"$ifNull": ["$score", None]},
    "statuses": "$status",
    "selections": "$selection",
    "frauds": "$fraud.status",
    "asked": {"$ifNull": ["$fraud.asked", None]},
    "choices": {"$ifNull": [f"${CHOICE}", None]},
}
"""Each of these fields is in the index. A column leaves out what is missing, so null stands in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The n-th of each column are the n-th entry's."""

    ballots: Sequence[Any] = ()
    scores: Sequence[Any] = ()
    statuses: Sequence[Any] = ()
    selections: Sequence[Any] = ()
    frauds: Sequence[Any] = ()
    asked: Sequence[Any] = ()
    choices: Sequence[Any] = ()
    groups: Sequence[Any] = field(default=(), repr=False)
    """Empty where no groups were asked for."""

    def behind(self, last: str) -> "Page":
        """Without the entry at the end of the page before. Raises DuplicateBallot when another one has its
        ballot."""
        if self.ballots[1:2] == [last]:
            raise DuplicateBallot
        if self.ballots[:1] != [last]:
            return self
        return Page(**{one.name: getattr(self, one.name)[1:] for one in fields(self)})


def columns(group_by: str | None) -> Raw:
    """How each is made from the documents."""
    return COLUMNS if group_by is None else COLUMNS | {"groups": _value_of(group_by)}


def _value_of(attribute: str) -> Raw:
    """The value of this attribute; null where there is none. Attributes are stored as pairs."""
    named = {"$eq": [{"$first": "$$this"}, {"$literal": attribute}]}
    pair = {"$first": {"$filter": {"input": "$attributes", "cond": named}}}
    return {"$ifNull": [{"$last": pair}, None]}
