"""The history of an entry, in its own document: what a change adds, and what is read.

The fan's own id is left out, since it is the document's. So only the ids of staff have keys in the index that an
erasure reads, and the changes of fans pay nothing for it.
"""

from collections.abc import Sequence
from typing import Final

from adapters.mongo.driver import Raw
from domain.model.ids import UserId
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.history import KEPT, PastChange, changes_of

HISTORY: Final = "history"


def first_history(entry: Entry, by: UserId | None) -> Raw:
    """The field of a document that is not there yet."""
    return {HISTORY: _stored(entry, by)}


def pushed_history(entry: Entry, by: UserId | None) -> Raw:
    """What to ``$push`` in a document that is."""
    new = _stored(entry, by)
    return {HISTORY: {"$each": new, "$slice": -KEPT}} if new else {}


def to_history(document: Raw) -> list[PastChange]:
    fan = document["userId"]
    return [
        PastChange(
            event=EntryEvent(stored["event"]),
            at=stored["at"],
            by=stored.get("by", fan),
            revision=stored["revision"],
        )
        for stored in document.get(HISTORY, ())
    ]


def _stored(entry: Entry, by: UserId | None) -> Sequence[Raw]:
    return [_from_change(change, entry.user_id) for change in changes_of(entry, by)]


def _from_change(change: PastChange, fan: UserId) -> Raw:
    stored: Raw = {"event": change.event.value, "at": change.at, "revision": change.revision}
    return stored if change.by == fan else stored | {"by": change.by}
