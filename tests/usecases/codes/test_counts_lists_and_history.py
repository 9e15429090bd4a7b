"""Counting, listing, exporting, the history, and the sweep."""

import pytest

from domain.model.codes.code import CodeEvent, CodeStatus
from domain.model.codes.errors import CodeNotFound
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.ids import CampaignId
from domain.usecases.codes.export_codes import EXPORT_PAGE
from domain.usecases.codes.sweep_reservations import SWEEP_BATCH
from tests.support.codes import ANN, DAY, EXTERNAL, NOON, THEIRS, TICK, TM, TOUR, texts
from tests.usecases.codes.inventory import Inventory

UNKNOWN = CampaignId("unknown")


async def test_counts_by_type_and_status_add_up(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C", "D")
    await inventory.stock("E", "F", type=EXTERNAL)
    held = await inventory.reserve(2)
    await inventory.assign((held.codes[0], ANN))

    answer = await inventory.count(TOUR)

    assert answer.counts == {
        TM: StatusCounts(available=2, reserved=1, assigned=1),
        EXTERNAL: StatusCounts(available=2),
    }
    assert answer.total == StatusCounts(available=4, reserved=1, assigned=1)
    assert answer.as_of == NOON


async def test_a_single_type_can_be_counted(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.stock("E", "F", type=EXTERNAL)

    answer = await inventory.count(TOUR, EXTERNAL)

    assert answer.counts == {EXTERNAL: StatusCounts(available=2)}
    assert answer.total.total == 2


async def test_an_unknown_campaign_has_no_codes(inventory: Inventory) -> None:
    assert (await inventory.count(UNKNOWN)).counts == {TM: StatusCounts(), EXTERNAL: StatusCounts()}
    assert (await inventory.list(UNKNOWN, CodeFilter(), after=None, limit=5)).codes == []
    assert [len(page.codes) async for page in inventory.export(UNKNOWN, CodeFilter())] == [0]


@pytest.mark.parametrize("swept", [True, False])
async def test_a_lapsed_hold_counts_as_available_swept_or_not(inventory: Inventory, *, swept: bool) -> None:
    """REQ-003, and the metric "inventory accuracy: 100%"."""
    await inventory.stock("A", "B")
    await inventory.reserve()

    inventory.clock.advance(DAY - TICK)
    assert (await inventory.count(TOUR)).total == StatusCounts(available=1, reserved=1)

    inventory.clock.advance(TICK)
    if swept:
        await inventory.sweep()
    assert (await inventory.count(TOUR)).total == StatusCounts(available=2)


async def test_pages_follow_one_another_in_the_order_of_the_codes(inventory: Inventory) -> None:
    await inventory.stock("E", "a", "C", "B", "D")

    first = await inventory.list(TOUR, CodeFilter(), after=None, limit=2)
    second = await inventory.list(TOUR, CodeFilter(), after=first.next, limit=2)
    third = await inventory.list(TOUR, CodeFilter(), after=second.next, limit=2)

    assert [[code.text for code in page.codes] for page in (first, second, third)] == [
        ["B", "C"],
        ["D", "E"],
        ["a"],
    ]
    assert (first.next, second.next, third.next) == ("C", "E", None)


async def test_a_full_last_page_has_no_next(inventory: Inventory) -> None:
    await inventory.stock("A", "B")

    assert (await inventory.list(TOUR, CodeFilter(), after=None, limit=2)).next is None


async def test_a_list_has_the_status_at_the_time_of_the_request(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    inventory.clock.advance(DAY)

    page = await inventory.list(TOUR, CodeFilter(status=CodeStatus.AVAILABLE), after=None, limit=9)

    assert page.as_of == NOON + DAY
    assert [code.status(page.as_of) for code in page.codes] == [CodeStatus.AVAILABLE]


@pytest.mark.parametrize("count", [0, 1, EXPORT_PAGE, EXPORT_PAGE + 1, 3 * EXPORT_PAGE])
async def test_an_export_has_every_code_once_in_bounded_pages(inventory: Inventory, count: int) -> None:
    codes = texts("A", count)
    await inventory.stock(*codes)

    pages = [page async for page in inventory.export(TOUR, CodeFilter())]

    assert [code.text for page in pages for code in page.codes] == codes
    assert all(len(page.codes) <= EXPORT_PAGE for page in pages)


async def test_an_export_has_only_the_codes_that_match_the_filter(inventory: Inventory) -> None:
    await inventory.stock("A", "B", "C")
    held = await inventory.reserve(2)

    pages = [page async for page in inventory.export(TOUR, CodeFilter(status=CodeStatus.RESERVED))]

    assert [code.text for page in pages for code in page.codes] == sorted(held.codes)


@pytest.mark.parametrize("swept", [True, False])
async def test_the_history_includes_a_lapse_that_is_not_stored_yet(inventory: Inventory, *, swept: bool) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    inventory.clock.advance(2 * DAY)
    if swept:
        await inventory.sweep()

    story = await inventory.history(TOUR, "A")

    assert story.as_of == NOON + 2 * DAY
    assert [(line.event, line.at) for line in story.code.history(story.as_of)] == [
        (CodeEvent.IMPORTED, NOON),
        (CodeEvent.RESERVED, NOON),
        (CodeEvent.EXPIRED, NOON + DAY),
    ]


async def test_an_unknown_code_has_no_history(inventory: Inventory) -> None:
    await inventory.stock("A")

    for campaign, code in ((TOUR, "a"), (UNKNOWN, "A")):
        with pytest.raises(CodeNotFound):
            await inventory.history(campaign, code)


async def test_a_sweep_ends_all_lapsed_holds_and_no_others(inventory: Inventory) -> None:
    """REQ-003: any number of holds, each once, and not again in the next sweep."""
    lapsing = 2 * SWEEP_BATCH + 1
    await inventory.stock(*texts("A", lapsing + 5))
    for _ in range(3):
        await inventory.reserve(lapsing // 3, reserve_id=None)
    inventory.clock.advance(TICK)
    await inventory.reserve(2, reserve_id=THEIRS)

    inventory.clock.advance(DAY - TICK)

    assert await inventory.sweep() == lapsing // 3 * 3
    assert await inventory.sweep() == 0
    assert (await inventory.count(TOUR)).total.reserved == 2


async def test_a_sweep_leaves_assigned_codes_alone(inventory: Inventory) -> None:
    await inventory.stock("A")
    await inventory.reserve()
    await inventory.assign(("A", ANN))
    inventory.clock.advance(99 * DAY)

    assert await inventory.sweep() == 0
    assert (await inventory.count(TOUR)).total == StatusCounts(assigned=1)
