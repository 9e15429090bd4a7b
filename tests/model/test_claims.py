"""Claims, reservations, counts and filters."""

import pytest

from domain.model.codes.code import Code, CodeStatus
from domain.model.codes.errors import ReservationMismatch
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.codes.reservations import Reservation
from domain.model.ids import ReserveId
from tests.support.codes import (
    ANN,
    BOB,
    DAY,
    EXTERNAL,
    MINE,
    NOON,
    STAFF,
    THEIRS,
    TICK,
    TM,
    a_claim,
    a_code,
    a_held_code,
    a_hold,
    an_assigned_code,
    done,
)


def _held(text: str, position: int, count: int) -> Code:
    return done(a_code(text).reserve(a_hold(position=position, count=count), NOON, STAFF))


def test_all_positions_of_a_new_reservation_are_open() -> None:
    assert a_claim(3).open_positions([]) == [0, 1, 2]


def test_an_interrupted_reservation_has_only_its_missing_positions_open() -> None:
    assert a_claim(4).open_positions([_held("B", 2, 4), _held("A", 0, 4)]) == [1, 3]


def test_a_full_reservation_has_no_open_position() -> None:
    assert a_claim(1).open_positions([_held("A", 0, 1)]) == []


def test_another_count_under_the_same_reserve_id_is_a_mismatch() -> None:
    with pytest.raises(ReservationMismatch):
        a_claim(2).open_positions([_held("A", 0, 3)])


def test_another_type_under_the_same_reserve_id_is_a_mismatch() -> None:
    with pytest.raises(ReservationMismatch):
        a_claim(1, type=EXTERNAL).open_positions([_held("A", 0, 1)])


def test_a_hold_lasts_for_its_ttl() -> None:
    hold = a_claim(2).hold(1)

    assert (hold.reserved_at, hold.expires_at) == (NOON, NOON + DAY)
    assert (hold.position, hold.count, hold.reserve_id) == (1, 2, MINE)


def test_a_reservation_that_is_completed_later_keeps_its_times() -> None:
    first = a_claim(2).hold(0)

    second = a_claim(2, at=NOON + TICK).hold(1, like=first)

    assert (second.reserved_at, second.expires_at) == (NOON, NOON + DAY)


def test_a_reservation_lists_its_codes_in_the_order_of_their_positions() -> None:
    reservation = Reservation.of([_held("B", 2, 3), _held("C", 0, 3), _held("A", 1, 3)])

    assert reservation.codes == ("C", "A", "B")
    assert (reservation.reserve_id, reservation.type) == (MINE, TM)
    assert (reservation.reserved_at, reservation.expires_at) == (NOON, NOON + DAY)


def test_counts_add_up() -> None:
    counts = StatusCounts(available=1, reserved=2, assigned=3) + StatusCounts(available=10, assigned=1)

    assert counts == StatusCounts(available=11, reserved=2, assigned=4)
    assert counts.total == 17


def test_a_filter_without_conditions_admits_every_code() -> None:
    for code in (a_code(), a_held_code(), an_assigned_code()):
        assert CodeFilter().admits(code, NOON)


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (CodeFilter(code="A-1"), True),
        (CodeFilter(code="a-1"), False),
        (CodeFilter(type=TM), True),
        (CodeFilter(type=EXTERNAL), False),
        (CodeFilter(status=CodeStatus.RESERVED), True),
        (CodeFilter(status=CodeStatus.AVAILABLE), False),
        (CodeFilter(reserve_id=MINE), True),
        (CodeFilter(reserve_id=THEIRS), False),
        (CodeFilter(user_id=ANN), False),
        (CodeFilter(type=TM, reserve_id=THEIRS), False),
    ],
)
def test_each_condition_excludes_the_codes_that_do_not_meet_it(wanted: CodeFilter, *, admitted: bool) -> None:
    assert wanted.admits(a_held_code(MINE), NOON) is admitted


def test_a_lapsed_hold_is_found_as_available_and_under_no_reservation() -> None:
    code, later = a_held_code(MINE), NOON + DAY

    assert CodeFilter(status=CodeStatus.AVAILABLE).admits(code, later)
    assert not CodeFilter(status=CodeStatus.RESERVED).admits(code, later)
    assert not CodeFilter(reserve_id=MINE).admits(code, later)


def test_an_assigned_code_is_found_by_its_fan_and_its_reservation_for_ever() -> None:
    code, later = an_assigned_code(MINE, to=ANN), NOON + 99 * DAY

    assert CodeFilter(user_id=ANN).admits(code, later)
    assert CodeFilter(reserve_id=MINE).admits(code, later)
    assert not CodeFilter(user_id=BOB).admits(code, later)
    assert not CodeFilter(reserve_id=ReserveId("another-one")).admits(code, later)
