"""Reads a list of records one by one. A wrong record makes only itself unavailable."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import msgspec

from adapters.outgoing.answers import decoded
from adapters.outgoing.breaker import NoAnswer
from adapters.platform.bodies import read_campaign, read_fan
from domain.model.registrations.campaigns import Campaign, Fan

Record = TypeVar("Record", bound=Campaign | Fan)

MAX_NAMED: Final = 20
"""The most wrong records that get a log line each."""


class _Named(msgspec.Struct):
    id: str


_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_NAMED: Final = msgspec.json.Decoder(_Named)


@dataclass(slots=True)
class Records(Generic[Record]):
    """The records by id. When two have the same id, the last one counts."""

    found: dict[str, Record | None] = field(default_factory=dict)
    """None stands for a record that cannot be read."""
    nameless: bool = False
    """True when the id of a record cannot be read. It may be any record."""
    problems: list[NoAnswer] = field(default_factory=list)
    """For the log. They name records by their number, since the id of an account may be a mail address."""

    def get(self, id: str) -> Record | None:
        """The record, or None if there is none. Raises KeyError when the record exists, or may exist, and cannot
        be read."""
        record = self.found.get(id)
        if record is None and (self.nameless or id in self.found):
            raise KeyError(id)
        return record


def read_campaigns(content: bytes) -> Records[Campaign]:
    """Raises NoAnswer when the content is not a list."""
    return _read(content, read_campaign)


def read_fans(content: bytes) -> Records[Fan]:
    """Raises NoAnswer when the content is not a list."""
    return _read(content, read_fan)


def _read(content: bytes, read: Callable[[bytes], Record]) -> Records[Record]:
    records: Records[Record] = Records()
    wrong = 0
    listed = decoded(_LIST, content)
    for number, raw in enumerate(map(bytes, listed), 1):
        try:
            record = read(raw)
            records.found[record.id] = record
        except NoAnswer as error:
            wrong += 1
            _set_aside(records, raw)
            if wrong <= MAX_NAMED:
                records.problems.append(NoAnswer(f"record {number}: {error.reason}"))
    if wrong > MAX_NAMED:
        records.problems.append(NoAnswer(f"{wrong - MAX_NAMED} more records"))
    return records


def _set_aside(records: Records[Record], raw: bytes) -> None:
    try:
        records.found[decoded(_NAMED, raw).id] = None
    except NoAnswer:
        records.nameless = True
