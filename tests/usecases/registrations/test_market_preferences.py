"""Markets are ranked: one to four of the campaign's, in the fan's order, none of them twice (REQ-005)."""

import itertools
from collections.abc import Sequence

import pytest

from domain.model.errors import InvalidValue
from domain.model.registrations.markets import MarketId
from tests.support.registrations import BOS, CHI, LAX, NYC, SFO
from tests.usecases.registrations.scene import Fan, Scene


async def _wrong_field(fan: Fan, markets: Sequence[str]) -> str:
    with pytest.raises(InvalidValue) as refused:
        await fan.register(markets=markets)
    return refused.value.field


async def test_the_order_is_the_rank_for_every_order_of_one_to_four_markets(scene: Scene) -> None:
    """Core rule: "Market preferences are stored as an array with first item being primary preference"."""
    ann = scene.fan()
    orders = [order for size in (1, 2, 3, 4) for order in itertools.permutations((NYC, BOS, LAX, SFO), size)]

    for order in orders:
        assert (await ann.register(markets=list(order))).details.markets == order
        assert (await ann.entry()).details.markets == order


@pytest.mark.parametrize(
    ("markets", "field"),
    [
        ([], "markets"),
        (["nyc", "bos", "lax", "sfo", "nyc"], "markets"),
        (["nyc", "bos", "nyc"], "markets.2"),
        (["nyc", "chi"], "markets.1"),
        (["NYC"], "markets.0"),
        (["nyc "], "markets.0"),
        ([""], "markets.0"),
    ],
)
async def test_markets_that_cannot_be_chosen_are_named_and_nothing_changes(
    scene: Scene, markets: list[str], field: str
) -> None:
    ann = scene.fan()
    before = await ann.confirmed()

    assert await _wrong_field(ann, markets) == field

    assert await ann.entry() == before


async def test_five_markets_are_too_many_even_where_the_campaign_has_more(scene: Scene) -> None:
    scene.opens(markets=(NYC, BOS, LAX, SFO, CHI))
    ann = scene.fan()

    assert await _wrong_field(ann, ["nyc", "bos", "lax", "sfo", "chi"]) == "markets"

    assert (await ann.register(markets=["chi", "sfo", "lax", "bos"])).details.markets == (CHI, SFO, LAX, BOS)


async def test_another_order_of_the_same_markets_is_a_change(scene: Scene) -> None:
    ann = scene.fan()
    before = await ann.confirmed(markets=[NYC, BOS])

    after = await ann.register(markets=[BOS, NYC])

    assert (after.details.markets, after.revision) == ((BOS, NYC), before.revision + 1)
    assert await ann.messages() == ["created", "phone_confirmed", "updated"]


async def test_a_market_that_the_campaign_has_withdrawn_cannot_be_chosen_any_more(scene: Scene) -> None:
    ann = scene.fan()
    await ann.confirmed(markets=[NYC, BOS])
    scene.opens(markets=(BOS, LAX))

    assert await _wrong_field(ann, ["nyc", "lax"]) == "markets.0"

    assert (await ann.entry()).details.markets == (NYC, BOS), "what was chosen before stays"
    assert (await ann.register(markets=["lax"])).details.markets == (MarketId("lax"),)
