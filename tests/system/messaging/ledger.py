"""Was an event lost, invented or put out of order? Judged from outside.

Fans remember what they were told, the database holds what became of it, and a consumer has read the stream. Each
rule compares these and names what does not agree.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tests.support.servers.reading import Published, first_of_each

# An entry in the words of the contract, without its confirmation.
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the database says of an event that has gone out."""

    type: str
    subject: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    told: Sequence[Data]
    """The entry in each answer that a fan was given."""
    stored: Mapping[str, Data]
    """The entries as they are, by their keys in the stream."""
    remembered: Mapping[str, Remembered]
    """By the ids of the events."""
    published: Sequence[Published]
    waiting: int = 0
    parked: int = 0

    def revisions(self) -> dict[str, list[int]]:
        """Of each key, in the order of the stream, duplicates dropped by id."""
        by_id = {one.id: _revision(one) for one in self.published}
        return {key: [by_id[id] for id in ids] for key, ids in first_of_each(self.published).items()}

    def of_revision(self) -> dict[tuple[str, int], list[Published]]:
        found: defaultdict[tuple[str, int], list[Published]] = defaultdict(list)
        for one in self.published:
            found[one.key, _revision(one)].append(one)
        return found


def violations(ledger: Ledger) -> list[str]:
    return [f"{rule.__name__}: {found}" for rule in RULES for found in rule(ledger)]


def everything_has_gone_out(ledger: Ledger) -> Iterator[str]:
    if ledger.waiting or ledger.parked:
        yield f"{ledger.waiting} entries have messages waiting, {ledger.parked} messages are parked"


def no_event_is_lost(ledger: Ledger) -> Iterator[str]:
    published = ledger.revisions()
    for key, entry in ledger.stored.items():
        missing = set(range(1, entry["revision"] + 1)) - set(published.get(key, ()))
        if missing:
            yield f"{key} is stored in revision {entry['revision']}; never published: {sorted(missing)}"


def none_is_invented(ledger: Ledger) -> Iterator[str]:
    """Of each revision that is stored one event, however often, and of nothing else."""
    for (key, revision), events in ledger.of_revision().items():
        if key not in ledger.stored:
            yield f"{key} was published and is not stored"
        elif not 1 <= revision <= ledger.stored[key]["revision"]:
            yield f"{key} was published in revision {revision}, stored is {ledger.stored[key]['revision']}"
        ids = {event.id for event in events}
        if len(ids) > 1:
            yield f"{key} has {len(ids)} events of revision {revision}: {sorted(ids)}"


def one_id_is_one_event(ledger: Ledger) -> Iterator[str]:
    meanings: defaultdict[str, set[str]] = defaultdict(set)
    for one in ledger.published:
        meanings[one.id].add(one.key + json.dumps(one.event, sort_keys=True))
    for id, different in meanings.items():
        if len(different) > 1:
            yield f"{id} is {len(different)} events"


def each_entry_is_told_in_order(ledger: Ledger) -> Iterator[str]:
    for key, revisions in ledger.revisions().items():
        if any(later <= earlier for earlier, later in pairwise(revisions)):
            yield f"{key} was published as {revisions}"


def the_last_event_is_the_entry(ledger: Ledger) -> Iterator[str]:
    published = ledger.of_revision()
    for key, entry in ledger.stored.items():
        if any(one.event["data"] != entry for one in published.get((key, entry["revision"]), ())):
            yield f"{key} is stored otherwise than its last event says"


def what_fans_were_told_is_stored_and_published(ledger: Ledger) -> Iterator[str]:
    published = ledger.of_revision()
    for answer in ledger.told:
        key, revision = f"{answer['campaignId']}:{answer['userId']}", answer["revision"]
        stored = ledger.stored.get(key, {}).get("revision", 0)
        if stored < revision:
            yield f"{key} was answered in revision {revision}, stored is {stored}"
        if any(one.event["data"] != answer for one in published.get((key, revision), ())):
            yield f"{key} was answered otherwise in revision {revision} than published"


def what_is_remembered_is_what_was_published(ledger: Ledger) -> Iterator[str]:
    published = {one.id: _as_remembered(one) for one in ledger.published}
    for id in sorted(published.keys() | ledger.remembered.keys()):
        if published.get(id) != ledger.remembered.get(id):
            yield f"{id} was published as {published.get(id)}, remembered is {ledger.remembered.get(id)}"


def _as_remembered(one: Published) -> Remembered:
    return Remembered(type=one.event["type"], subject=one.event["subject"], revision=_revision(one))


def _revision(one: Published) -> int:
    return int(one.event["data"]["revision"])


RULES: Final[Sequence[Callable[[Ledger], Iterator[str]]]] = (
    everything_has_gone_out,
    no_event_is_lost,
    none_is_invented,
    one_id_is_one_event,
    each_entry_is_told_in_order,
    the_last_event_is_the_entry,
    what_fans_were_told_is_stored_and_published,
    what_is_remembered_is_what_was_published,
)
