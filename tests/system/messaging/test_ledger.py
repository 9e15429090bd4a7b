"""The rules find what is wrong, each its own kind, and nothing where all is well."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.support.servers.reading import Published
from tests.system.messaging.ledger import RULES, Ledger, Remembered, violations

ANN: Final = "tour:ann"


def data(user: str, revision: int, **changes: Any) -> dict[str, Any]:
    return {"campaignId": "tour", "userId": user, "revision": revision} | changes


def event(user: str, revision: int, *, id: str | None = None, **changes: Any) -> Published:
    body = {
        "id": id or f"{user}-{revision}",
        "type": "fangate.entry.updated",
        "subject": f"tour/{user}",
        "data": data(user, revision, **changes),
    }
    return Published(key=f"tour:{user}", body=json.dumps(body).encode())


def remembered(user: str, revision: int) -> Remembered:
    return Remembered(type="fangate.entry.updated", subject=f"tour/{user}", revision=revision)


HISTORY: Final = [("ann", 1), ("bob", 1), ("ann", 2), ("ann", 3), ("bob", 2)]
EVENTS: Final = [event(user, revision) for user, revision in HISTORY]
WELL: Final = Ledger(
    told=[data("ann", 1), data("ann", 3), data("bob", 1)],
    stored={ANN: data("ann", 3), "tour:bob": data("bob", 2)},
    remembered={f"{user}-{revision}": remembered(user, revision) for user, revision in HISTORY},
    published=EVENTS,
)


def published(*events: Published) -> Ledger:
    return replace(WELL, published=events)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(EVENTS, id="each once"),
        pytest.param([*EVENTS[:3], *EVENTS], id="begun again after a crash"),
        pytest.param([*EVENTS, *EVENTS], id="all of them twice"),
        pytest.param([*EVENTS, EVENTS[0]], id="one long after"),
        pytest.param([EVENTS[1], EVENTS[4], EVENTS[0], EVENTS[2], EVENTS[3]], id="entries in any order"),
    ],
)
def test_nothing_is_wrong_with(events: Sequence[Published]) -> None:
    assert violations(published(*events)) == []


def test_an_entry_that_no_fan_was_told_of_may_be_stored() -> None:
    assert violations(replace(WELL, told=[])) == []


LOST: Final = {"no_event_is_lost", "what_is_remembered_is_what_was_published"}
INVENTED: Final = {"none_is_invented", "what_is_remembered_is_what_was_published"}


BROKEN: Final = [
    pytest.param(published(*EVENTS[1:]), LOST, id="the first is lost"),
    pytest.param(published(*EVENTS[:2], *EVENTS[3:]), LOST, id="one in the middle is lost"),
    pytest.param(published(*EVENTS[:4]), LOST, id="the last is lost"),
    pytest.param(published(*EVENTS[:1], *EVENTS[2:4]), LOST, id="an entry is lost"),
    pytest.param(published(*EVENTS, event("cat", 1)), INVENTED, id="of nobody"),
    pytest.param(published(*EVENTS, event("ann", 4)), INVENTED, id="of what never was"),
    pytest.param(
        published(*EVENTS, event("ann", 3, id="other")),
        {*INVENTED, "each_entry_is_told_in_order"},
        id="another of the same revision",
    ),
    pytest.param(
        published(*EVENTS, event("ann", 1, id="ann-2")),
        {"none_is_invented", "one_id_is_one_event", "each_entry_is_told_in_order", *LOST},
        id="an id used twice",
    ),
    pytest.param(
        published(EVENTS[0], EVENTS[1], EVENTS[3], EVENTS[2], EVENTS[4]),
        {"each_entry_is_told_in_order"},
        id="one overtakes another",
    ),
    pytest.param(
        published(EVENTS[0], EVENTS[1], EVENTS[3], *EVENTS),
        {"each_entry_is_told_in_order"},
        id="one overtakes another, and both come again",
    ),
    pytest.param(
        published(*EVENTS[:4], event("bob", 2, firstName="Eve")),
        {"the_last_event_is_the_entry"},
        id="the last event says something else",
    ),
    pytest.param(
        published(event("ann", 1, firstName="Eve"), *EVENTS[1:]),
        {"what_fans_were_told_is_stored_and_published"},
        id="an earlier event says something else",
    ),
    pytest.param(
        published(*EVENTS[:4], EVENTS[4], event("bob", 2, firstName="Eve")),
        {"one_id_is_one_event", "the_last_event_is_the_entry"},
        id="a repeat says something else",
    ),
    pytest.param(
        replace(WELL, told=[data("bob", 3)]),
        {"what_fans_were_told_is_stored_and_published"},
        id="what was acknowledged is not stored",
    ),
    pytest.param(
        replace(WELL, told=[data("cat", 1)]),
        {"what_fans_were_told_is_stored_and_published"},
        id="who was acknowledged is not stored",
    ),
    pytest.param(
        replace(WELL, remembered={**WELL.remembered, "ann-4": remembered("ann", 4)}),
        {"what_is_remembered_is_what_was_published"},
        id="remembered and never published",
    ),
    pytest.param(
        replace(WELL, remembered={**WELL.remembered, "ann-3": remembered("bob", 3)}),
        {"what_is_remembered_is_what_was_published"},
        id="remembered as another",
    ),
    pytest.param(replace(WELL, waiting=1), {"everything_has_gone_out"}, id="one waits for ever"),
    pytest.param(replace(WELL, parked=1), {"everything_has_gone_out"}, id="one was given up"),
]


@pytest.mark.parametrize(("ledger", "broken"), BROKEN)
def test_is_found(ledger: Ledger, broken: set[str]) -> None:
    assert {found.partition(":")[0] for found in violations(ledger)} == broken


def test_every_rule_is_tried_above() -> None:
    tried = [case.values[1] for case in BROKEN]
    assert {rule.__name__ for rule in RULES} == {
        rule for broken in tried if isinstance(broken, set) for rule in broken
    }
