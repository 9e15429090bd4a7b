"""Ranges of ballots: each ballot is in one of them, in order, and there are not too many."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.mongo.draws.ballot_ranges import MOST, ranges_behind

BALLOTS = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")


def ballots(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(BALLOTS, min_size=3, max_size=40, unique=True).map(sorted), st.data())
def test_each_ballot_behind_the_page_is_in_one_range(known: list[str], data: st.DataObject) -> None:
    page_ends = data.draw(st.integers(1, len(known) - 1))

    ranges = list(ranges_behind(known[0], known[page_ends], known[-1]))

    assert ranges[0].begin == known[page_ends]
    assert all(before.end == after.begin for before, after in pairwise(ranges))
    assert all(one.end is None or one.begin < one.end for one in ranges)
    assert ranges[-1].end is None
    assert ranges[-1].begin <= known[-1]
    assert len(ranges) <= MOST


@pytest.mark.parametrize(
    ("first", "last", "greatest", "number"),
    [(0, 2_000, 10_000, 6), (0, 3, 3, 1), (7, 7, 7, 1), (0, 1, 2**128 - 1, MOST), (0, 2**127, 2**128 - 1, 2)],
)
def test_a_range_is_three_quarters_as_wide_as_the_page(first: int, last: int, greatest: int, number: int) -> None:
    assert len(list(ranges_behind(*ballots(first, last, greatest)))) == number
