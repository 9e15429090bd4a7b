"""Erase a person."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from domain.model.errors import Refusals
from domain.model.ids import UserId
from domain.model.privacy.people import Found, Place, pseudonym_of
from ports.privacy import PersonalData, PersonReader
from ports.system import Clock

ROUNDS: Final = 3
"""A request that was under way may leave something behind the first round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePersonCommand:
    user_id: UserId
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    pseudonym: UserId
    found: Found
    remaining: Found
    """Counted anew, after the erasure. Of a dry run: the same as ``found``."""
    notices: int
    """Events ``erased`` that wait to be published. With each of them, the id of its entry goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePerson:
    """Erase everything that is held of a person, over all campaigns.

    Registrations are removed, each with an event `erased` that has ids and times only. Uploaded scores, parked
    messages, failed confirmations and budgets are removed. In access codes, their histories, imports, the record
    of published events and the audit log, a pseudonym takes the place of the person's id. What remains is counted
    anew afterwards; where it is not 0, requests of the person were under way, and a repeat removes the rest.
    `notices` are events that still wait to be published: the person's id is gone when they are. A repeat, also
    after a crash, has the same result. A dry run counts and changes nothing.
    """

    raises: ClassVar[Refusals] = ()

    places: Mapping[Place, PersonalData]
    reader: PersonReader
    clock: Clock
    key: bytes = field(repr=False)

    async def __call__(self, command: ErasePersonCommand) -> Erased:
        user_id = command.user_id
        pseudonym = pseudonym_of(user_id, self.key)
        found = remaining = await self._count(user_id, pseudonym)
        rounds = 0 if command.dry_run else ROUNDS
        while rounds and (rounds == ROUNDS or any(remaining.values())):
            for place in Place:
                await self.places[place].erase(user_id, pseudonym, self.clock.now())
            remaining = await self._count(user_id, pseudonym)
            rounds -= 1
        notices = await self.reader.notices(user_id)
        return Erased(pseudonym=pseudonym, found=found, remaining=remaining, notices=notices)

    async def _count(self, user_id: UserId, pseudonym: UserId) -> Found:
        counts = await asyncio.gather(*(self.places[place].count(user_id, pseudonym) for place in Place))
        return dict(zip(Place, counts, strict=True))
