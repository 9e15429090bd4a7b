"""What makes a draw fair, for any entrants, places, tiers and weights."""

import random
from collections.abc import Collection, Mapping, Sequence
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model.draws.allocation import (
    Allocation,
    allocate,
    result_lines,
)
from domain.model.draws.chunks import waiting_chunks, waitlist_positions
from domain.model.draws.filling import Offer, next_offers
from domain.model.draws.lines import Line
from domain.model.draws.order import DrawnLine, ballot_key, drawn_order
from domain.model.ids import BallotId
from domain.model.registrations.markets import MarketId, Preferences
from tests.support.drawing import MARKETS, ballot, market_by_cutoffs

EXAMPLES = settings(derandomize=True, deadline=None, max_examples=150)
KEYS = st.binary(min_size=32, max_size=32)
Drawn = tuple[list[Line], bytes, dict[MarketId, int]]
CHOICES = st.lists(st.sampled_from(MARKETS), min_size=1, max_size=4, unique=True).map(tuple)
PLACES = st.dictionaries(st.sampled_from(MARKETS), st.integers(1, 4), min_size=1)


@st.composite
def draws(draw: st.DrawFn) -> Drawn:
    """Entrants, a key, and places. Each entrant listed only markets with places."""
    places = draw(PLACES)
    choices = st.lists(st.sampled_from(sorted(places)), min_size=1, max_size=4, unique=True).map(tuple)
    parts = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), choices), max_size=12))
    lines = [Line(ballot(number), *part) for number, part in enumerate(parts)]
    return lines, draw(KEYS), places


def run(lines: Sequence[Line], key: bytes, places: dict[MarketId, int]) -> tuple[list[DrawnLine], Allocation]:
    order = drawn_order(lines, key)
    return order, allocate(order, places)


@EXAMPLES
@given(draws())
def test_each_entrant_gets_one_listed_market_or_waits(drawn: Drawn) -> None:
    lines, key, places = drawn
    _, allocation = run(lines, key, places)

    assert allocation.markets.keys() == {line.ballot_id for line in lines}
    assert len(result_lines(allocation.markets)) == len(lines)
    for line in lines:
        assert allocation.markets[line.ballot_id] in {None, *line.markets}
    assert all(allocation.placed[market] <= places[market] for market in places)
    assert sum(allocation.placed.values()) + allocation.waitlisted == len(lines)


@EXAMPLES
@given(draws())
def test_no_place_is_left_that_a_waiting_entrant_listed(drawn: Drawn) -> None:
    lines, key, places = drawn
    _, allocation = run(lines, key, places)

    left = {market for market in places if allocation.placed[market] < places[market]}
    assert {market for market, cutoff in allocation.cutoffs.items() if cutoff is None} == left
    for line in lines:
        if allocation.markets[line.ballot_id] is None:
            assert left.isdisjoint(line.markets)


@EXAMPLES
@given(draws())
def test_no_entrant_prefers_a_market_that_a_later_entrant_got(drawn: Drawn) -> None:
    """No justified envy. Since a better tier comes first, this holds within a tier and between tiers."""
    order, allocation = run(*drawn)

    for position, one in enumerate(order):
        got = allocation.markets[one.line.ballot_id]
        preferred = one.line.markets[: one.line.markets.index(got)] if got else one.line.markets
        later = {allocation.markets[other.line.ballot_id] for other in order[position + 1 :]}
        assert later.isdisjoint(preferred)


@EXAMPLES
@given(draws(), st.randoms())
def test_the_order_of_the_input_changes_nothing(drawn: Drawn, rng: random.Random) -> None:
    lines, key, places = drawn
    order, allocation = run(lines, key, places)
    shuffled = list(lines)
    rng.shuffle(shuffled)
    rearranged = list(places.items())
    rng.shuffle(rearranged)

    assert run(shuffled, key, dict(rearranged)) == (order, allocation)


@EXAMPLES
@given(draws())
def test_a_better_tier_always_comes_first(drawn: Drawn) -> None:
    order, _ = run(*drawn)

    assert [one.line.tier for one in order] == sorted(one.line.tier for one in order)
    assert [(one.line.tier, one.key) for one in order] == sorted((one.line.tier, one.key) for one in order)


@EXAMPLES
@given(draws())
def test_the_cutoffs_alone_tell_each_entrant_the_market(drawn: Drawn) -> None:
    order, allocation = run(*drawn)

    for one in order:
        assert market_by_cutoffs(one, allocation.cutoffs) == allocation.markets[one.line.ballot_id]


@settings(EXAMPLES, max_examples=15)
@given(st.lists(CHOICES, min_size=3, max_size=3), KEYS, st.permutations(MARKETS[:3]))
def test_no_other_list_than_the_true_one_helps(
    others: list[Preferences], key: bytes, true_order: Sequence[MarketId]
) -> None:
    """Strategy-proof, by trying every list that one entrant could hand in, for every number of wanted markets.

    The key is fixed: another list gives another key, which no entrant can foresee.
    """
    places = {MARKETS[0]: 1, MARKETS[1]: 1, MARKETS[2]: 2}
    crowd = [Line(ballot(number), 0, 1, chosen) for number, chosen in enumerate(others)]
    possible = [choice for size in (1, 2, 3) for choice in permutations(MARKETS[:3], size)]

    for wanted in (1, 2, 3):
        truth = tuple(true_order[:wanted])
        best = worth(outcome(crowd, truth, key, places), truth)
        assert all(worth(outcome(crowd, other, key, places), truth) <= best for other in possible)


def filled(
    order: Sequence[DrawnLine], waiting: Collection[BallotId], places: Mapping[MarketId, int]
) -> Sequence[Offer]:
    return next_offers([one.line for one in order if one.line.ballot_id in waiting], dict(places))


def outcome(
    crowd: Sequence[Line], handed_in: Preferences, key: bytes, places: dict[MarketId, int]
) -> MarketId | None:
    own = Line(ballot(99), 0, 1, handed_in)
    return run([*crowd, own], key, places)[1].markets[own.ballot_id]


def worth(market: MarketId | None, truth: Preferences) -> int:
    """What a market is worth to the entrant: less for each better one, and less than nothing if not wanted."""
    if market is None:
        return 0
    return len(truth) - truth.index(market) if market in truth else -1


@EXAMPLES
@given(draws(), PLACES, st.sets(st.integers(0, 11)))
def test_a_filling_is_a_draw_of_those_places_among_those_who_wait(
    drawn: Drawn, added: dict[MarketId, int], gone: set[int]
) -> None:
    lines, key, places = drawn
    order, allocation = run(lines, key, places)
    left = {ballot(number) for number in gone}
    waiting = {one for one, market in allocation.markets.items() if market is None} - left

    offers = dict(filled(order, waiting, added))

    drawn_alone = run([line for line in lines if line.ballot_id in waiting], key, added)[1].markets
    assert offers == {one: market for one, market in drawn_alone.items() if market}


@EXAMPLES
@given(draws(), st.sampled_from(MARKETS), st.integers(1, 3))
def test_places_that_come_one_by_one_go_where_they_go_together(drawn: Drawn, market: MarketId, added: int) -> None:
    order, allocation = run(*drawn)
    waiting = {one for one, got in allocation.markets.items() if got is None}
    together = filled(order, waiting, {market: added})

    one_by_one: list[Offer] = []
    for _ in range(added):
        one_by_one += filled(order, waiting - {offer.ballot_id for offer in one_by_one}, {market: 1})

    assert one_by_one == together


@EXAMPLES
@given(draws())
def test_the_first_on_a_waitlist_gets_the_next_place(drawn: Drawn) -> None:
    order, allocation = run(*drawn)
    waiting = [one for one in order if allocation.markets[one.line.ballot_id] is None]
    ballots = [one.line.ballot_id for one in waiting]
    positions = {
        line.ballot_id: waitlist_positions(chunk, line)
        for chunk in waiting_chunks((one.turn, one.line) for one in waiting)
        for line in map(Line.parse, chunk.lines)
    }
    for market in allocation.cutoffs:
        on_list = sorted(found[market] for found in positions.values() if market in found)
        assert on_list == list(range(1, len(on_list) + 1))
        next_one = {offer.ballot_id for offer in filled(order, ballots, {market: 1})}
        assert next_one == {one for one, found in positions.items() if found.get(market) == 1}


def test_a_weight_is_that_many_chances() -> None:
    """Of 4,000 pairs with weights 3 and 1, the heavier one comes first in three of four."""
    key = bytes(32)
    first = sum(
        ballot_key(key, ballot(number), 3) < ballot_key(key, ballot(-1 - number), 1) for number in range(4_000)
    )

    assert abs(first / 4_000 - 0.75) < 0.02


def test_tiers_are_compared_as_numbers() -> None:
    lines = [Line(ballot(number), tier, 1, MARKETS[:1]) for number, tier in enumerate((10, 2, 9))]

    assert [one.line.tier for one in drawn_order(lines, bytes(32))] == [2, 9, 10]
