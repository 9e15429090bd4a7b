"""The audit log: a row for every change that staff makes.

No row is ever deleted. A row changes twice at most: its outcome is added once, and the id of an erased person is
replaced. Every method raises Unavailable.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from domain.model.audit.records import AuditFilter, AuditId, AuditPosition, AuditRecord, Facts
from domain.model.ids import UserId


class Begun(Enum):
    """Which row there is, after ``begin``."""

    NEW = auto()
    OPEN = auto()
    """An earlier one without an outcome: its change is under way, or was interrupted."""
    COMPLETE = auto()
    """An earlier one with its outcome."""


class AuditLog(Protocol):
    async def begin(self, record: AuditRecord) -> Begun:
        """Store a row without an outcome, which is not known yet. It is stored when this returns.

        A row with this id that is there already stays as it is.
        """
        ...

    async def complete(self, id: AuditId, outcome: Facts) -> bool:
        """Add the outcome to a row that has none, in one atomic step. False when the row has one already, or is
        not there."""
        ...

    async def expect(self, by: UserId) -> None:
        """This person is about to make a change whose row is appended after it. From now on, an erasure of the
        person finds the change also if the row is never stored, because the process ends in between."""
        ...

    async def append(self, record: AuditRecord) -> bool:
        """Store a row with its outcome. False when there is a row with this id already, which stays as it is.

        The row is stored when this returns. Rows that come at the same time may be written together.
        """
        ...

    async def page(self, wanted: AuditFilter, *, after: AuditPosition | None, limit: int) -> Sequence[AuditRecord]:
        """The next rows behind ``after``, newest first; rows of the same time in the descending order of their
        ids. Rows that are added meanwhile neither repeat nor hide another."""
        ...


class AuditedPeople(Protocol):
    """What the audit log holds of one person: the rows of changes that the person made, and those that name the
    person (``AuditRecord.concerns``)."""

    async def of_person(
        self, user_id: UserId, *, after: AuditPosition | None, limit: int
    ) -> Sequence[AuditRecord]:
        """The next rows behind ``after``, newest first."""
        ...

    async def count_of_person(self, user_id: UserId) -> int: ...

    async def replace_person(self, user_id: UserId, pseudonym: UserId) -> int:
        """Put the pseudonym in place of the person's id, in every row that concerns the person.

        Returns the number of changed rows. Each row changes atomically. A repeat after a crash changes the rest.
        """
        ...
