"""Rows of the audit log: who of staff changed what, when, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, NewType

from domain.model.ids import CampaignId, UserId, new_id

AuditId = NewType("AuditId", str)

Fact = str | int | float | bool | None | Sequence[str] | Mapping[str, int]
Facts = Mapping[str, Fact]
"""Ids, counts and filters by name. Never a phone, a mail address, a code or a token."""

MAX_NAMED: Final = 100
"""Ids of fans that a row keeps of one change; the number of all of them is kept beside them."""
UNKNOWN: Final[Facts] = {"result": "unknown"}
PEOPLE: Final = ("userId", "userIds")
"""The names of facts that are ids of persons. An erasure looks for them."""


def new_audit_id() -> AuditId:
    return AuditId(new_id())


def named(user_ids: Sequence[UserId]) -> Facts:
    """The first ids, and the number of all."""
    return {"users": len(user_ids), "userIds": tuple(user_ids[:MAX_NAMED])}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One change that staff made, or began to make."""

    id: AuditId
    at: datetime
    by: UserId
    operation: str
    campaign_id: CampaignId | None
    """None for a change that belongs to no campaign."""
    request_id: str | None
    """None for a change that no request asked for, such as one from the command line."""
    asked: Facts
    outcome: Facts | None = None
    """None while it is not known: the change is under way, or its process ended before it could say."""

    @property
    def result(self) -> Facts:
        """The outcome as it is shown."""
        return UNKNOWN if self.outcome is None else self.outcome

    @property
    def people(self) -> Sequence[UserId]:
        """The persons that the row names, beside the caller."""
        return tuple(dict.fromkeys([*people_in(self.asked), *people_in(self.outcome or {})]))

    def concerns(self, user_id: UserId) -> bool:
        return self.by == user_id or user_id in self.people

    def replace_person(self, user_id: UserId, pseudonym: UserId) -> "AuditRecord":
        """The same row with the pseudonym in place of the person's id."""
        return replace(
            self,
            by=pseudonym if self.by == user_id else self.by,
            asked=_replaced(self.asked, user_id, pseudonym),
            outcome=None if self.outcome is None else _replaced(self.outcome, user_id, pseudonym),
        )


def people_in(facts: Facts) -> Iterator[UserId]:
    for name in PEOPLE:
        match facts.get(name):
            case str() as one:
                yield UserId(one)
            case [*several]:
                yield from (UserId(one) for one in several)


def _replaced(facts: Facts, old: str, new: str) -> Facts:
    """Under every name: the id of a person may also be, for example, a reserveId."""

    def other(value: Fact) -> Fact:
        match value:
            case str():
                return new if value == old else value
            case [*several]:
                return tuple(new if one == old else one for one in several)
        return value

    return {name: other(value) for name, value in facts.items()}


class AuditPosition(NamedTuple):
    """The place of a row among all rows, which are listed newest first."""

    at: datetime
    id: AuditId


def position_of(record: AuditRecord) -> AuditPosition:
    return AuditPosition(record.at, record.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which rows to list. None: all."""

    campaign_id: CampaignId | None = None
    by: UserId | None = None
    operation: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""

    def admits(self, record: AuditRecord) -> bool:
        exact = (
            (self.campaign_id, record.campaign_id),
            (self.by, record.by),
            (self.operation, record.operation),
        )
        return (
            all(wanted is None or wanted == value for wanted, value in exact)
            and (self.since is None or self.since <= record.at)
            and (self.until is None or record.at < self.until)
        )
