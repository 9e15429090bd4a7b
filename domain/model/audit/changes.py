"""What the audit log keeps of the changes of one operation. Each operation declares it once."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

from domain.model.audit.records import Facts

C = TypeVar("C")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a change."""

    facts: Facts
    changed: bool
    """Did this call itself change anything? False also where that cannot be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited(Generic[C, R]):
    """From the command and the result of an operation to its row in the audit log.

    Facts are ids, counts and filters that were checked: no phone, mail address, code or token, and no text that a
    caller could type anything into.
    """

    operation: str
    asked: Callable[[C], Facts | None]
    """None for a command that will change nothing, such as a dry run: it leaves no row. May raise a DomainError
    that the operation would raise too."""
    outcome: Callable[[R], Outcome]
    repeats: Callable[[C, R], str] | None = None
    """For frequent operations: their rows are written once, after the change. The change itself must store who
    made it and when. The text is the same for a repeat of a change, and for no other change."""


def done(changed: bool = False, **facts: Any) -> Outcome:  # reads as a sentence
    """A change that came to its end. The names are those of the answer."""
    return Outcome(facts={"result": "done", **facts}, changed=changed)


def failed(problem: str) -> Facts:
    """A change that was refused, or ended with this problem. Where it works in steps, earlier steps stay."""
    return {"result": "failed", "problem": problem}


def plain(value: Any) -> Any:
    """A command in values that JSON has, hidden fields included, always in the same order."""
    if isinstance(value, str) or value is None or isinstance(value, int | float):
        return value
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    if isinstance(value, list | tuple):
        return list(map(plain, value))
    raise TypeError(f"a command of the audit log has a {type(value).__name__}: add it to plain()")
