"""The checker itself: it is content with an honest story, and each rule notices what it is there for."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pytest

from domain.model.codes.code import (
    SWEEPER,
    Code,
    CodeEvent,
    CodeType,
    Provenance,
    Transition,
)
from domain.model.ids import CampaignId, ImportId, ReserveId, UserId
from tests.system.codes.checker import Story, violations
from tests.system.codes.history import NEVER, Outcome, Step, Words

ORIGIN: Final = Provenance(
    import_id=ImportId("import"), line=1, at=datetime.fromtimestamp(0, UTC), by=UserId("staff")
)
RESERVED, RELEASED = CodeEvent.RESERVED, CodeEvent.RELEASED
EXPIRED, ASSIGNED = CodeEvent.EXPIRED, CodeEvent.ASSIGNED


def event(what: CodeEvent, at: float, by: str, *, under: str = "R1", user: str | None = None) -> Transition:
    return Transition(
        event=what,
        at=datetime.fromtimestamp(at, UTC),
        by=by,
        reserve_id=ReserveId(under),
        user_id=UserId(user) if user else None,
    )


def code(text: str, *events: Transition) -> Code:
    """A code to which all that happened, and nothing else."""
    stored = Code(
        campaign_id=CampaignId("c"),
        text=text,
        type=CodeType.TM,
        provenance=ORIGIN,
        version=len(events),
        transitions=events,
    )
    if not events or events[-1].event is not ASSIGNED:
        return stored
    return replace(stored, assigned_to=events[-1].user_id, assigned_at=events[-1].at)


def step(id: str, verb: str, start: float, asked: Words, answer: Words) -> Step:
    return Step(id=id, verb=verb, asked=asked, start=start, end=start + 1, answer=answer, outcome=Outcome.OK)


def reserve(id: str, start: float, *codes: str, under: str = "R1", lasts: float = 10) -> Step:
    answer = {"reserveId": under, "codes": list(codes), "reservedAt": start, "expiresAt": start + lasts}
    return step(id, "reserve", start, {"count": len(codes), "reserveId": under}, answer)


def assign(id: str, start: float, text: str, user: str, *, under: str = "R1") -> Step:
    asked = {"reserveId": under, "users": {text: user}}
    return step(id, "assign", start, asked, {"assigned": {text: start}})


def release(id: str, start: float, released: int, *codes: str, under: str = "R1") -> Step:
    asked = {"reserveId": under, "codes": list(codes) or None}
    return step(id, "release", start, asked, {"released": released})


def cut_off(whole: Step) -> Step:
    return replace(whole, outcome=Outcome.INFO, answer={}, end=NEVER)


def refused(whole: Step, available: int, code: str = "codes.exhausted") -> Step:
    return replace(whole, outcome=Outcome.FAIL, answer={"code": code, "available": available})


def story(steps: list[Step], *codes: Code) -> Story:
    return Story(steps=steps, codes={code.text: code for code in codes}, imported=len(codes))


HONEST: Final = story(
    [
        reserve("s1", 1, "A", "B"),
        replace(reserve("s1", 1, "A", "B"), id="s2", start=3, end=4),  # asked again
        assign("s3", 5, "A", "ann"),
        refused(reserve("s4", 6, "x", "y", under="R2"), available=0),
        release("s5", 8, 1),
        cut_off(reserve("s6", 10, "B", under="R3", lasts=2)),
        reserve("s7", 13, "B", under="R4"),
        cut_off(release("s8", 15, 1, "B", under="R4")),
        step("s9", "count", 16, {}, {"available": 0, "reserved": 1, "assigned": 1}),
    ],
    code("A", event(RESERVED, 1, "s1"), event(ASSIGNED, 5, "s3", user="ann")),
    code(
        "B",
        event(RESERVED, 1, "s1"),
        event(RELEASED, 8, "s5"),
        event(RESERVED, 10, "s6", under="R3"),
        event(EXPIRED, 12, SWEEPER, under="R3"),
        event(RESERVED, 13, "s7", under="R4"),
        event(RELEASED, 15, "s8", under="R4"),
    ),
)


def test_an_honest_story_breaks_no_rule() -> None:
    assert violations(HONEST) == []


def test_what_was_cut_off_may_as_well_not_have_happened() -> None:
    without = replace(HONEST.codes["B"], version=5, transitions=HONEST.codes["B"].transitions[:-1])
    assert violations(replace(HONEST, codes={"A": HONEST.codes["A"], "B": without})) == []


TWICE: Final = (event(RESERVED, 1, "s1"), event(RESERVED, 2, "s2", under="R2"))
GIVEN: Final = (event(RESERVED, 1, "s1"), event(ASSIGNED, 3, "s2", user="ann"))

DISHONEST: Final = {
    "a code twice in one answer": (
        "answers_hold_what_was_asked",
        story([reserve("s1", 1, "A", "A")], code("A", event(RESERVED, 1, "s1"))),
    ),
    "fewer codes than asked for": (
        "answers_hold_what_was_asked",
        story(
            [replace(reserve("s1", 1, "A"), asked={"count": 2, "reserveId": "R1"})],
            code("A", event(RESERVED, 1, "s1")),
        ),
    ),
    "two hold one code": (
        "no_code_in_two_holds",
        story([reserve("s1", 1, "A"), reserve("s2", 2, "A", under="R2")], code("A", *TWICE)),
    ),
    "a code assigned under one reservation, and reserved under another later": (
        "no_code_in_two_holds",
        story(
            [reserve("s1", 1, "A"), assign("s2", 3, "A", "ann"), reserve("s3", 20, "A", under="R2")],
            code("A", *GIVEN, event(RESERVED, 20, "s3", under="R2")),
        ),
    ),
    "one reserveId, two answers": (
        "one_id_is_one_reservation",
        story(
            [reserve("s1", 1, "A"), reserve("s2", 3, "B")],
            code("A", event(RESERVED, 1, "s1")),
            code("B", event(RESERVED, 3, "s2")),
        ),
    ),
    "an assigned code changes hands": (
        "assigned_for_ever",
        story(
            [reserve("s1", 1, "A"), assign("s2", 3, "A", "ann"), assign("s3", 5, "A", "bob")],
            code("A", *GIVEN, event(ASSIGNED, 5, "s3", user="bob")),
        ),
    ),
    "an assigned code is not stored as such": (
        "assigned_for_ever",
        story([reserve("s1", 1, "A"), assign("s2", 3, "A", "ann")], code("A", event(RESERVED, 1, "s1"))),
    ),
    "an assigned code comes back under its own reserveId": (
        "assigned_for_ever",
        story(
            [reserve("s1", 1, "A"), assign("s2", 3, "A", "ann"), reserve("s3", 20, "A")],
            code("A", *GIVEN, event(RESERVED, 20, "s3")),
        ),
    ),
    "reserved while reserved": (
        "lives_follow_the_lifecycle",
        story(
            [reserve("s1", 1, "A"), reserve("s2", 2, "A", under="R2")],
            code("A", *TWICE),
        ),
    ),
    "released by a reservation that does not hold it": (
        "lives_follow_the_lifecycle",
        story(
            [reserve("s1", 1, "A"), release("s2", 3, 1, under="R2")],
            code("A", event(RESERVED, 1, "s1"), event(RELEASED, 3, "s2", under="R2")),
        ),
    ),
    "a write was lost": (
        "lives_follow_the_lifecycle",
        story([reserve("s1", 1, "A")], replace(code("A", event(RESERVED, 1, "s1")), version=0)),
    ),
    "reserved before the earlier hold had lapsed": (
        "lives_follow_the_lifecycle",
        story(
            [reserve("s1", 1, "A", lasts=9), reserve("s2", 5, "A", under="R2")],
            code(
                "A",
                event(RESERVED, 1, "s1"),
                event(EXPIRED, 10, SWEEPER),
                event(RESERVED, 5, "s2", under="R2"),
            ),
        ),
    ),
    "an answer without a trace": (
        "what_was_told_is_stored",
        story([reserve("s1", 1, "A")], code("A")),
    ),
    "more told to be released than were": (
        "what_was_told_is_stored",
        story([reserve("s1", 1, "A"), release("s2", 3, 2)], code("A", event(RESERVED, 1, "s1"))),
    ),
    "a change that no caller asked for": (
        "what_is_stored_was_asked",
        story([], code("A", event(RESERVED, 1, "s1"))),
    ),
    "a cut-off call assigned to another fan than it was asked to": (
        "what_is_stored_was_asked",
        story([reserve("s1", 1, "A"), cut_off(assign("s2", 3, "A", "bob"))], code("A", *GIVEN)),
    ),
    "a cut-off claim took more than it was asked to": (
        "claims_keep_what_they_answered",
        story(
            [cut_off(reserve("s1", 1, "A"))],
            code("A", event(RESERVED, 1, "s1")),
            code("B", event(RESERVED, 1, "s1")),
        ),
    ),
    "a refused claim keeps a code": (
        "claims_keep_what_they_answered",
        story([refused(reserve("s1", 1, "A"), available=0)], code("A", event(RESERVED, 1, "s1"))),
    ),
    "a claim keeps a code it did not tell of": (
        "claims_keep_what_they_answered",
        story(
            [reserve("s1", 1, "A")],
            code("A", event(RESERVED, 1, "s1")),
            code("B", event(RESERVED, 1, "s1")),
        ),
    ),
    "refused although there were enough": (
        "refused_only_for_want",
        story([refused(reserve("s1", 1, "A"), available=1)], code("A")),
    ),
    "refused for no reason": (
        "refused_only_for_want",
        story([refused(reserve("s1", 1, "A"), available=0, code="reservation.mismatch")], code("A")),
    ),
    "a count that does not add up": (
        "counts_add_up",
        story([step("s1", "count", 1, {}, {"available": 1, "reserved": 1, "assigned": 0})], code("A")),
    ),
    "a code that vanished": ("counts_add_up", replace(story([], code("A")), imported=2)),
}


@pytest.mark.parametrize("case", DISHONEST)
def test_a_broken_promise_is_noticed(case: str) -> None:
    rule, told = DISHONEST[case]
    assert rule in {violation.partition(":")[0] for violation in violations(told)}


def test_two_may_hold_one_code_one_after_the_other() -> None:
    first, second = reserve("s1", 1, "A", lasts=4), reserve("s2", 5, "A", under="R2")
    events = event(RESERVED, 1, "s1"), event(EXPIRED, 5, SWEEPER), event(RESERVED, 5, "s2", under="R2")
    assert violations(story([first, second], code("A", *events))) == []


def test_a_hold_that_a_cut_off_call_may_have_released_is_no_violation() -> None:
    steps = [reserve("s1", 1, "A"), cut_off(release("s2", 3, 1)), reserve("s3", 4, "A", under="R2")]
    events = event(RESERVED, 1, "s1"), event(RELEASED, 3, "s2"), event(RESERVED, 4, "s3", under="R2")
    assert violations(story(steps, code("A", *events))) == []
