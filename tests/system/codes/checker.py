"""Was any promise broken? Judged from what callers were told and from what is stored, never from the inside.

Each rule reads a Story and names what contradicts it. What a step may have done at any instant between its
start and its end is given the benefit of the doubt; everything named is certain.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, zip_longest
from typing import Final

from domain.model.codes.code import (
    SWEEPER,
    Code,
    CodeEvent,
    Transition,
)
from tests.system.codes.history import NEVER, Outcome, Step, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    steps: Sequence[Step]
    codes: Mapping[str, Code]
    """All that is stored at the end, with every transition."""
    imported: int

    def done(self, verb: str) -> Iterator[Step]:
        return (step for step in self.steps if step.verb == verb and step.succeeded)

    def possible_releases(self, reserve_id: str) -> Iterator[Step]:
        for step in self.steps:
            if step.verb == "release" and step.asked["reserveId"] == reserve_id:
                yield step


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a reservation certainly holds a code."""

    reserve_id: str
    begin: float
    end: float

    def meets(self, other: "Span") -> bool:
        return max(self.begin, other.begin) < min(self.end, other.end)


def violations(story: Story) -> list[str]:
    return [f"{rule.__name__}: {found}" for rule in RULES for found in rule(story)]


def answers_hold_what_was_asked(story: Story) -> Iterator[str]:
    for step in story.done("reserve"):
        codes = step.answer["codes"]
        if len(codes) != step.asked["count"] or len(set(codes)) != len(codes):
            yield f"{step.id} asked for {step.asked['count']} and was given {codes}"


def no_code_in_two_holds(story: Story) -> Iterator[str]:
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for step in story.done("reserve"):
        for code in step.answer["codes"]:
            spans[code].append(_certain_hold(story, step, code))
    for step in story.done("assign"):
        for code in step.answer["assigned"]:
            spans[code].append(Span(step.asked["reserveId"], step.end, NEVER))
    for code, held in spans.items():
        for one, other in combinations(held, 2):
            if one.reserve_id != other.reserve_id and one.meets(other):
                yield f"{code} is held by {one} and {other}"


def _certain_hold(story: Story, step: Step, code: str | None = None) -> Span:
    """From the answer on, until the hold lapses or a release (of ``code``, or of any) may have ended it."""
    answer = step.answer
    ended = [answer["expiresAt"]]
    for release in story.possible_releases(answer["reserveId"]):
        named = release.asked["codes"]
        if release.end > step.start and (code is None or named is None or code in named):
            ended.append(release.start)
    return Span(answer["reserveId"], step.end, min(ended))


def one_id_is_one_reservation(story: Story) -> Iterator[str]:
    """The same reserveId again, while the hold lives: the same codes, the same times."""
    by_id: defaultdict[str, list[tuple[Span, Words]]] = defaultdict(list)
    for step in story.done("reserve"):
        by_id[step.answer["reserveId"]].append((_certain_hold(story, step), step.answer))
    for reserve_id, answers in by_id.items():
        for (one, first), (other, second) in combinations(answers, 2):
            if one.meets(other) and first != second:
                yield f"{reserve_id} is {first} and {second}"


def assigned_for_ever(story: Story) -> Iterator[str]:
    for step in story.done("assign"):
        for code, at in step.answer["assigned"].items():
            stored, told = story.codes[code], (step.asked["users"][code], at)
            if stored.assigned_at is None or (stored.assigned_to, stored.assigned_at.timestamp()) != told:
                yield f"{code} was assigned to {told} by {step.id} and belongs to {stored.assigned_to}"
            for later in story.done("reserve"):
                if later.start > step.end and code in later.answer["codes"] and later.answer["reservedAt"] > at:
                    yield f"{code} was assigned by {step.id} and reserved again by {later.id}"


_FOLLOWS: Final[Mapping[CodeEvent, frozenset[CodeEvent]]] = {
    CodeEvent.RESERVED: frozenset({CodeEvent.RELEASED, CodeEvent.EXPIRED, CodeEvent.ASSIGNED}),
    CodeEvent.RELEASED: frozenset({CodeEvent.RESERVED}),
    CodeEvent.EXPIRED: frozenset({CodeEvent.RESERVED}),
    CodeEvent.ASSIGNED: frozenset(),
}


def lives_follow_the_lifecycle(story: Story) -> Iterator[str]:
    ends = {step.id: step.end for step in story.steps}
    for code in story.codes.values():
        first = code.transitions[:1]
        if first and first[0].event is not CodeEvent.RESERVED:
            yield f"{code.text} begins with {first[0]}"
        if code.version < len(code.transitions):
            yield f"{code.text} lost a write: version {code.version}, {len(code.transitions)} transitions"
        for before, after in pairwise(code.transitions):
            if after.event not in _FOLLOWS[before.event]:
                yield f"{code.text} is {after.event} by {after.by} while {before.event} by {before.by}"
            elif before.event is CodeEvent.RESERVED and after.reserve_id != before.reserve_id:
                yield f"{code.text} held by {before.reserve_id} is {after.event} by {after.reserve_id}"
            elif before.event is CodeEvent.EXPIRED and ends.get(after.by, NEVER) < before.at.timestamp():
                yield f"{code.text} is reserved by {after.by} before the hold before it lapsed"


def what_was_told_is_stored(story: Story) -> Iterator[str]:
    released = Counter(
        event.by
        for code in story.codes.values()
        for event in code.transitions
        if event.event is CodeEvent.RELEASED
    )
    for step in story.done("reserve"):
        for code in step.answer["codes"]:
            if not _was_reserved(story.codes[code], step.answer["reserveId"]):
                yield f"{step.id} was given {code}, which was never held for it"
    for step in story.done("release"):
        if released[step.id] != step.answer["released"]:
            yield f"{step.id} was told of {step.answer['released']} released, {released[step.id]} were"


def _was_reserved(code: Code, reserve_id: str) -> bool:
    return any(event.event is CodeEvent.RESERVED and event.reserve_id == reserve_id for event in code.transitions)


def what_is_stored_was_asked(story: Story) -> Iterator[str]:
    """Every change names its step, and the step, cut off or not, may have made it."""
    steps = {step.id: step for step in story.steps}
    for code in story.codes.values():
        for event in code.transitions:
            step = steps.get(event.by)
            if event.by == SWEEPER and event.event is CodeEvent.EXPIRED:
                continue
            if step is None or not _may_have_done(step, code.text, event):
                yield f"no caller asked that {code.text} be {event.event} by {event.by}"


def _may_have_done(step: Step, code: str, event: Transition) -> bool:
    if event.reserve_id != _reserve_id(step, otherwise=event.reserve_id):
        return False
    match step.verb, event.event:
        case "reserve", CodeEvent.RESERVED | CodeEvent.RELEASED:
            return True  # What it took and what it gave back: see claims_keep_what_they_answered.
        case "assign", CodeEvent.ASSIGNED:
            answered = code in step.answer["assigned"] if step.succeeded else step.outcome is Outcome.INFO
            return bool(answered and step.asked["users"].get(code) == event.user_id)
        case "release", CodeEvent.RELEASED:
            named = step.asked["codes"]
            return step.outcome is not Outcome.FAIL and (named is None or code in named)
    return False


def _reserve_id(step: Step, *, otherwise: str | None) -> str | None:
    """Known from the request or from the answer; of a reserve that was cut off without one, unknown."""
    return step.asked.get("reserveId") or step.answer.get("reserveId") or otherwise


def claims_keep_what_they_answered(story: Story) -> Iterator[str]:
    """All or nothing: a claim keeps what it, or another under the same reserveId, was told of, and nothing else.

    The answer to one that was cut off is not known: it keeps at most what it asked for.
    """
    kept = _kept(story)
    told: defaultdict[str, set[str]] = defaultdict(set)
    for step in story.done("reserve"):
        told[step.answer["reserveId"]].update(step.answer["codes"])
    for step in story.steps:
        if step.verb != "reserve":
            continue
        codes = kept[step.id]
        if step.outcome is Outcome.INFO:
            broken = len(codes) > step.asked["count"]
        else:
            broken = not codes <= told[_reserve_id(step, otherwise=None) or ""]
        if broken:
            yield f"{step.id} ({step.outcome}) asked for {step.asked['count']} and kept {codes}"


def _kept(story: Story) -> Mapping[str, set[str]]:
    """What each claim took and still held when it ended: not given back, and not ended by others before that."""
    ends = {step.id: step.end for step in story.steps}
    kept: defaultdict[str, set[str]] = defaultdict(set)
    for code in story.codes.values():
        for event, after in zip_longest(code.transitions, code.transitions[1:]):
            if event.event is CodeEvent.RESERVED and not _ended_by(after, event.by, ends.get(event.by, NEVER)):
                kept[event.by].add(code.text)
    return kept


def _ended_by(after: Transition | None, taker: str, end: float) -> bool:
    if after is None or after.event is CodeEvent.ASSIGNED:
        return False
    return after.by == taker or after.at.timestamp() <= end


def refused_only_for_want(story: Story) -> Iterator[str]:
    for step in story.steps:
        if step.outcome is not Outcome.FAIL:
            continue
        want = step.verb == "reserve" and step.answer["code"] == "codes.exhausted"
        if not want or step.answer["available"] >= step.asked["count"]:
            yield f"{step.id} asked {step.asked} and was refused with {step.answer}"


def counts_add_up(story: Story) -> Iterator[str]:
    if len(story.codes) != story.imported:
        yield f"{len(story.codes)} codes are stored, {story.imported} were imported"
    for step in story.done("count"):
        if sum(step.answer.values()) != story.imported:
            yield f"{step.id} counted {step.answer} of {story.imported}"


RULES: Final[Sequence[Callable[[Story], Iterator[str]]]] = (
    answers_hold_what_was_asked,
    no_code_in_two_holds,
    one_id_is_one_reservation,
    assigned_for_ever,
    lives_follow_the_lifecycle,
    what_was_told_is_stored,
    what_is_stored_was_asked,
    claims_keep_what_they_answered,
    refused_only_for_want,
    counts_add_up,
)
