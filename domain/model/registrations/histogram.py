"""How the scores of eligible fans are spread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from domain.model.registrations.eligibility import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBin:
    """From the least score to the greatest. The greatest is in the next bin; in the last bin, it is in it."""

    begin: float
    end: float
    query: Query
    """Admits the fans of the query with a score in this bin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedBin:
    bin: ScoreBin
    eligible: int


def score_bins(query: Query, count: int) -> Sequence[ScoreBin]:
    """Bins of one width for the query's scores. Each fan that the query admits is in exactly one of them.

    There is one bin where the query admits one score, or none.
    """
    begin, end = query.min_score, query.max_score
    if end <= begin:
        return [ScoreBin(begin=begin, end=end, query=query)]
    edges = [*(begin + (end - begin) * number / count for number in range(count)), end]
    return [
        ScoreBin(
            begin=low,
            end=high,
            query=replace(
                query, min_score=low, max_score=high if high == end else math.nextafter(high, -math.inf)
            ),
        )
        for low, high in pairwise(edges)
        if low < high
    ]
