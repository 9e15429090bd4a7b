"""Bins of scores."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.registrations.eligibility import Query
from domain.model.registrations.histogram import score_bins

scores = st.floats(min_value=0, max_value=100)


@given(low=scores, high=scores, count=st.integers(1, 100), score=scores)
def test_each_score_is_in_one_bin_of_its_query(low: float, high: float, count: int, score: float) -> None:
    query = Query(min_score=low, max_score=high)
    bins = score_bins(query, count)

    having = [bin for bin in bins if bin.query.min_score <= score <= bin.query.max_score]

    assert len(having) == (low <= score <= high)
    assert 1 <= len(bins) <= count
    assert (bins[0].begin, bins[-1].end) == (low, high)
    assert all(one.end == next.begin for one, next in itertools.pairwise(bins))


@pytest.mark.parametrize(
    ("low", "high", "count", "edges"),
    [
        (0, 100, 4, [(0, 25), (25, 50), (50, 75), (75, 100)]),
        (50, 60, 1, [(50, 60)]),
        (50, 50, 20, [(50, 50)]),
        (60, 50, 20, [(60, 50)]),
    ],
)
def test_bins_have_one_width(low: float, high: float, count: int, edges: list[tuple[float, float]]) -> None:
    bins = score_bins(Query(min_score=low, max_score=high), count)

    assert [(bin.begin, bin.end) for bin in bins] == edges
