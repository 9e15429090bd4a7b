"""What happened to a registration: the changes that left an event, and who made them. For staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.model.ids import UserId
from domain.model.registrations.entry import Entry, EntryEvent

KEPT: Final = 100
"""Changes of one entry, the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """A stored change that raised the revision."""

    event: EntryEvent
    at: datetime
    by: UserId | None
    """The fan, or a member of staff. None: a background task of the service."""
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWithHistory:
    entry: Entry
    history: Sequence[PastChange]
    """Oldest first. A registration after a withdrawal begins anew; earlier releases recorded none."""


def changes_of(entry: Entry, by: UserId | None) -> list[PastChange]:
    """What a change adds to the history. Entries are loaded without messages, so all of them are new."""
    return [
        PastChange(event=message.about, at=message.at, by=by, revision=entry.revision)
        for message in entry.messages
        if isinstance(message.about, EntryEvent)
    ]


def added(history: Sequence[PastChange], new: Sequence[PastChange]) -> tuple[PastChange, ...]:
    """The history with new changes at its end."""
    return (*history, *new)[-KEPT:]
