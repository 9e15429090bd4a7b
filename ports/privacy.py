"""What is held of one person over all campaigns. Every method raises Unavailable."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.model.ids import UserId
from domain.model.privacy.people import AssignedCode, UploadedScore
from domain.model.registrations.history import EntryWithHistory


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One place that holds something of persons."""

    count: Callable[[UserId, UserId], Awaitable[int]]
    """How many things of the person it holds.

    The second argument is the pseudonym: an earlier erasure may have put it where this place looks the person up.
    """
    erase: Callable[[UserId, UserId, datetime], Awaitable[None]]
    """Remove what it holds of the person, or put the pseudonym (the second argument) in the place of the id.

    Each thing is changed atomically. After a crash, a repeat does the rest. It cannot be undone.
    """

    @classmethod
    def found_by_id(
        cls,
        count: Callable[[UserId], Awaitable[int]],
        erase: Callable[[UserId, UserId, datetime], Awaitable[None]],
    ) -> "PersonalData":
        """A place that looks persons up by their ids alone."""

        async def counted(user_id: UserId, _: UserId) -> int:
            return await count(user_id)

        return cls(counted, erase)


class PersonReader(Protocol):
    """Reads what is held of a person, for the person."""

    async def entries(self, user_id: UserId) -> Sequence[EntryWithHistory]:
        """The registrations that were not withdrawn, by campaign."""
        ...

    async def scores(self, user_id: UserId) -> Sequence[UploadedScore]: ...

    async def codes(self, user_id: UserId) -> Sequence[AssignedCode]:
        """The codes that were assigned to the person."""
        ...

    async def notices(self, user_id: UserId) -> int:
        """How many events ``erased`` of the person still wait to be published."""
        ...
