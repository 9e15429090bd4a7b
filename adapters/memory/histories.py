"""The histories of the registrations of one campaign."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from domain.model.ids import UserId
from domain.model.registrations.entry import Entry
from domain.model.registrations.history import PastChange, added, changes_of


@dataclass(slots=True)
class Histories:
    _of: dict[UserId, tuple[PastChange, ...]] = field(default_factory=dict)

    def of(self, fan: UserId) -> Sequence[PastChange]:
        return self._of.get(fan, ())

    def record(self, entry: Entry, by: UserId | None) -> None:
        """What the change that made ``entry`` adds."""
        self._of[entry.user_id] = added(self.of(entry.user_id), changes_of(entry, by))

    def end(self, fan: UserId) -> None:
        self._of.pop(fan, None)

    def rename(self, person: UserId, pseudonym: UserId) -> None:
        for fan in self.changed_by(person):
            renamed = (replace(one, by=pseudonym) if one.by == person else one for one in self._of[fan])
            self._of[fan] = tuple(renamed)

    def changed_by(self, person: UserId) -> Sequence[UserId]:
        """The other fans with a registration that the person has changed."""
        others = ((fan, history) for fan, history in self._of.items() if fan != person)
        return [fan for fan, history in others if any(one.by == person for one in history)]
