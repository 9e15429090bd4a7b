"""The status of a code (code-service, "Code Status Lifecycle")."""

from datetime import datetime

import pytest

from domain.model.codes.code import (
    Code,
    CodeEvent,
    CodeStatus,
    Refusal,
)
from domain.model.ids import ReserveId, UserId
from tests.support.codes import (
    ANN,
    BOB,
    DAY,
    MINE,
    NOON,
    STAFF,
    THEIRS,
    TICK,
    a_code,
    a_held_code,
    a_hold,
    an_assigned_code,
    done,
)

LAPSE = NOON + DAY
"""The end of a hold that began at noon."""


def test_a_new_code_is_available() -> None:
    assert a_code().status(NOON) is CodeStatus.AVAILABLE


def test_a_hold_lapses_exactly_at_its_deadline() -> None:
    """REQ-003: before the deadline the code is reserved, from the deadline on it is available."""
    code = a_held_code()

    assert code.status(LAPSE - TICK) is CodeStatus.RESERVED
    assert code.status(LAPSE) is CodeStatus.AVAILABLE
    assert not code.has_lapsed(LAPSE - TICK)
    assert code.has_lapsed(LAPSE)


def test_a_reservation_lasts_until_its_deadline() -> None:
    assert a_held_code().belongs_to_live_reservation(MINE, LAPSE - TICK)
    assert an_assigned_code().belongs_to_live_reservation(MINE, LAPSE - TICK)
    assert not a_held_code().belongs_to_live_reservation(MINE, LAPSE)
    assert not a_held_code().belongs_to_live_reservation(THEIRS, NOON)
    assert not a_code().belongs_to_live_reservation(MINE, NOON)


@pytest.mark.parametrize("later", [NOON, LAPSE - TICK, LAPSE, LAPSE + 1000 * DAY])
def test_an_assigned_code_stays_assigned_for_ever(later: datetime) -> None:
    code = an_assigned_code()

    assert code.status(later) is CodeStatus.ASSIGNED
    assert code.lapse(later) is code
    assert code.reserve(a_hold(THEIRS, at=later), later, STAFF) is Refusal.ASSIGNED
    assert code.release(MINE, later, STAFF) is Refusal.ASSIGNED
    assert code.assign(MINE, BOB, later, STAFF) is Refusal.ASSIGNED_TO_ANOTHER


@pytest.mark.parametrize("reserve_id", [MINE, THEIRS])
def test_the_same_fan_again_keeps_the_first_time(reserve_id: ReserveId) -> None:
    code = an_assigned_code(to=ANN, at=NOON)

    again = code.assign(reserve_id, ANN, LAPSE, STAFF)

    assert again is code
    assert code.assigned_at == NOON


def test_a_held_code_cannot_be_reserved() -> None:
    code = a_held_code(MINE)

    assert code.reserve(a_hold(THEIRS), LAPSE - TICK, STAFF) is Refusal.RESERVED_BY_ANOTHER


def test_a_lapsed_code_can_be_reserved_again() -> None:
    code = done(a_held_code(MINE).reserve(a_hold(THEIRS, at=LAPSE), LAPSE, STAFF))

    assert code.hold == a_hold(THEIRS, at=LAPSE)
    assert code.status(LAPSE) is CodeStatus.RESERVED


def test_a_released_code_is_available_and_can_be_reserved_again() -> None:
    released = done(a_held_code(MINE).release(MINE, NOON, STAFF))

    assert released.status(NOON) is CodeStatus.AVAILABLE
    assert done(released.reserve(a_hold(THEIRS), NOON, STAFF)).hold == a_hold(THEIRS)


def _released() -> Code:
    return done(a_held_code(MINE).release(MINE, NOON, STAFF))


def _taken_over() -> Code:
    """A code that lapsed and was then reserved by another caller."""
    return done(a_held_code(MINE).reserve(a_hold(THEIRS, at=LAPSE), LAPSE, STAFF))


def _given_back_after_take_over() -> Code:
    return done(_taken_over().release(THEIRS, LAPSE, STAFF))


REFUSED = {
    "never held": (a_code(), MINE, NOON, Refusal.NOT_RESERVED),
    "held by another": (a_held_code(THEIRS), MINE, NOON, Refusal.RESERVED_BY_ANOTHER),
    "lapsed at this instant": (a_held_code(), MINE, LAPSE, Refusal.EXPIRED),
    "lapsed long ago": (a_held_code(), MINE, LAPSE + 9 * DAY, Refusal.EXPIRED),
    "another's, lapsed": (a_held_code(THEIRS), MINE, LAPSE, Refusal.NOT_RESERVED),
    "released": (_released(), MINE, NOON, Refusal.NOT_RESERVED),
    "released, and the deadline past": (_released(), MINE, LAPSE, Refusal.NOT_RESERVED),
    "lapsed and taken over": (_taken_over(), MINE, LAPSE, Refusal.RESERVED_BY_ANOTHER),
    "taken over, and lapsed again": (_taken_over(), MINE, LAPSE + DAY, Refusal.NOT_RESERVED),
    "taken over and given back": (_given_back_after_take_over(), MINE, LAPSE, Refusal.NOT_RESERVED),
}


@pytest.mark.parametrize(("code", "reserve_id", "now", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_reservation_cannot_assign_or_release_a_code_that_it_does_not_hold(
    code: Code, reserve_id: ReserveId, now: datetime, reason: Refusal
) -> None:
    assert code.assign(reserve_id, ANN, now, STAFF) is reason
    assert code.release(reserve_id, now, STAFF) is reason


@pytest.mark.parametrize(("code", "reserve_id", "now", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_the_reason_is_the_same_after_a_sweep(
    code: Code, reserve_id: ReserveId, now: datetime, reason: Refusal
) -> None:
    swept = code.lapse(now)

    assert swept.assign(reserve_id, ANN, now, STAFF) is reason
    assert swept.release(reserve_id, now, STAFF) is reason


def test_every_change_counts_one_version_per_line_of_history() -> None:
    code = _taken_over()

    assert code.version == len(code.transitions) == 3


def test_a_lapse_is_recorded_with_the_time_of_the_deadline() -> None:
    swept = a_held_code().lapse(LAPSE + 5 * DAY)

    assert swept.hold is None
    last = swept.transitions[-1]
    assert (last.event, last.at, last.reserve_id) == (CodeEvent.EXPIRED, LAPSE, MINE)
    assert swept.lapse(LAPSE + 6 * DAY) is swept


def test_no_lapse_is_recorded_before_the_deadline() -> None:
    code = a_held_code()

    assert code.lapse(LAPSE - TICK) is code


def test_the_history_has_all_transitions_oldest_first() -> None:
    code = done(_released().reserve(a_hold(THEIRS, at=NOON + TICK), NOON + TICK, STAFF))
    code = done(code.assign(THEIRS, ANN, NOON + 2 * TICK, BOB))

    assert [(line.event, line.at, line.by, line.reserve_id, line.user_id) for line in code.history(LAPSE)] == [
        (CodeEvent.IMPORTED, NOON, STAFF, None, None),
        (CodeEvent.RESERVED, NOON, STAFF, MINE, None),
        (CodeEvent.RELEASED, NOON, STAFF, MINE, None),
        (CodeEvent.RESERVED, NOON + TICK, STAFF, THEIRS, None),
        (CodeEvent.ASSIGNED, NOON + 2 * TICK, BOB, THEIRS, ANN),
    ]


def test_the_history_is_the_same_before_and_after_a_sweep() -> None:
    code = a_held_code()

    assert [line.event for line in code.history(LAPSE - TICK)] == [CodeEvent.IMPORTED, CodeEvent.RESERVED]
    assert code.history(LAPSE)[-1].event is CodeEvent.EXPIRED
    assert code.history(LAPSE) == code.lapse(LAPSE).history(LAPSE + DAY)


def test_the_representation_of_a_code_has_no_code_text() -> None:
    assert "A-1" not in repr(an_assigned_code(to=UserId("cid")))
