"""Ranked preferences and transfers (entry-service REQ-005): the order is the rank."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model.errors import InvalidValue
from domain.model.registrations.markets import MAX_MARKETS, MarketId, Preferences, Transfer, preferences
from tests.support.registrations import BOS, CHI, LAX, MIA, NYC, SFO

OFFERED = (NYC, BOS, LAX, SFO, CHI, MIA)

MARKETS = st.sampled_from(OFFERED)
RANKED = st.lists(MARKETS, min_size=1, max_size=MAX_MARKETS, unique=True).map(tuple)
TRANSFERS = st.builds(lambda source, target: Transfer(source=source, target=target), MARKETS, MARKETS)
EXAMPLES = settings(derandomize=True, deadline=None, max_examples=500)


@pytest.mark.parametrize("chosen", [[NYC], [BOS, NYC], [SFO, LAX, BOS, NYC]])
def test_the_order_of_the_markets_is_the_rank(chosen: list[MarketId]) -> None:
    assert preferences(chosen, OFFERED) == tuple(chosen)


@pytest.mark.parametrize(
    ("chosen", "field", "reason"),
    [
        ([], "markets", "must be 1 to 4 markets"),
        ([NYC, BOS, LAX, SFO, CHI], "markets", "must be 1 to 4 markets"),
        ([NYC, "paris"], "markets.1", "is not a market of this campaign"),
        (["NYC"], "markets.0", "is not a market of this campaign"),
        (["nyc "], "markets.0", "is not a market of this campaign"),
        ([NYC, BOS, NYC], "markets.2", "is chosen twice"),
    ],
    ids=["none", "five", "unknown", "other case", "a space", "twice"],
)
def test_a_wrong_market_is_refused_with_its_position(chosen: list[str], field: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        preferences(chosen, OFFERED)

    assert (refused.value.field, refused.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((NYC,), (BOS,)),
        ((LAX, NYC, SFO), (LAX, BOS, SFO)),
        ((NYC, LAX, BOS, SFO), (BOS, LAX, SFO)),
        ((BOS, LAX, NYC, SFO), (BOS, LAX, SFO)),
        ((NYC, BOS), (BOS,)),
        ((LAX, BOS), (LAX, BOS)),
        ((LAX, SFO), (LAX, SFO)),
    ],
    ids=["only", "between", "target worse", "target better", "both", "target only", "neither"],
)
def test_the_target_gets_the_rank_of_the_source(before: Preferences, after: Preferences) -> None:
    assert Transfer(source=NYC, target=BOS).apply(before) == after


@pytest.mark.parametrize(
    ("ranked", "concerns", "merges"),
    [((NYC,), True, False), ((LAX, NYC, BOS), True, True), ((BOS, LAX), False, False), ((LAX,), False, False)],
)
def test_which_fans_a_transfer_concerns_and_which_it_merges(
    ranked: Preferences, concerns: bool, merges: bool
) -> None:
    transfer = Transfer(source=NYC, target=BOS)

    assert (transfer.concerns(ranked), transfer.merges(ranked)) == (concerns, merges)


@EXAMPLES
@given(ranked=RANKED, transfers=st.lists(TRANSFERS, max_size=6))
def test_a_transfer_leaves_one_to_four_markets_without_repeats(
    ranked: Preferences, transfers: list[Transfer]
) -> None:
    for transfer in transfers:
        ranked = transfer.apply(ranked)

    assert len(set(ranked)) == len(ranked)
    assert 1 <= len(ranked) <= MAX_MARKETS


@EXAMPLES
@given(ranked=RANKED, transfer=TRANSFERS)
def test_the_other_markets_keep_their_order(ranked: Preferences, transfer: Transfer) -> None:
    moved = {transfer.source, transfer.target}

    assert _without(moved, transfer.apply(ranked)) == _without(moved, ranked)


@EXAMPLES
@given(ranked=RANKED, transfer=TRANSFERS)
def test_a_repeated_transfer_changes_nothing(ranked: Preferences, transfer: Transfer) -> None:
    once = transfer.apply(ranked)

    assert transfer.apply(once) == once


@EXAMPLES
@given(ranked=RANKED, transfer=TRANSFERS)
def test_the_target_gets_the_better_of_the_two_ranks(ranked: Preferences, transfer: Transfer) -> None:
    after = transfer.apply(ranked)

    if transfer.concerns(ranked):
        had = [ranked.index(market) for market in {transfer.source, transfer.target} if market in ranked]
        assert after.index(transfer.target) == min(had)
        assert (transfer.source in after) == (transfer.source == transfer.target)
    else:
        assert after == ranked


@EXAMPLES
@given(ranked=RANKED, transfer=TRANSFERS)
def test_there_is_one_market_fewer_only_after_a_merge(ranked: Preferences, transfer: Transfer) -> None:
    merged = transfer.merges(ranked) and transfer.source != transfer.target

    assert len(transfer.apply(ranked)) == len(ranked) - merged


def _without(markets: set[MarketId], ranked: Preferences) -> list[MarketId]:
    return [market for market in ranked if market not in markets]
