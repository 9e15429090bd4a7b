"""The eligible fans, the best first, page by page and as an export."""

from dataclasses import replace

import pytest

from domain.model.ids import UserId
from domain.model.registrations.eligibility import Query, RankingPosition
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.phones import PhoneNumber
from domain.usecases.registrations.export_eligible import EXPORT_PAGE
from ports.entries import EntryChange
from tests.support.registrations import NOON, NYC, TOUR, some_details
from tests.usecases.registrations.scene import Fan, Scene
from tests.usecases.registrations.states import CHOICES

Pool = dict[str, Fan]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 5_000])
async def test_pages_of_any_size_have_every_fan_once_the_best_first(scene: Scene, pool: Pool, limit: int) -> None:
    names: list[str] = []
    after: RankingPosition | None = None
    while True:
        page = await scene.use_cases.registrations.rank_eligible(TOUR, Query(), after=after, limit=limit)
        assert len(page.fans) <= limit
        names += [one.user_id for one in page.fans]
        after = page.next
        if after is None:
            break
        assert page.fans, "a page that is not the last one has fans"

    assert names == list(CHOICES)


async def test_equal_scores_are_in_the_order_of_user_ids(scene: Scene) -> None:
    fans = [scene.fan(name) for name in ("b", "C", "a", "B", "10", "9")]
    for fan in fans:
        await fan.confirmed()
    await scene.score(dict.fromkeys(fans, 50))

    assert await scene.ranking() == ["10", "9", "B", "C", "a", "b"]
    assert await scene.ranking(after=RankingPosition(score=50, user_id=UserId("B"))) == ["C", "a", "b"]


async def test_the_next_page_begins_behind_the_last_one_though_fans_come_and_go(scene: Scene, pool: Pool) -> None:
    page = await scene.use_cases.registrations.rank_eligible(TOUR, Query(), after=None, limit=2)
    await scene.select(Selection.DECLINED, pool["bob"])
    await scene.score({pool["fay"]: 85})

    assert page.next == RankingPosition(score=80, user_id=UserId("bob"))
    assert await scene.ranking(after=page.next) == ["cy", "di", "ed"]


async def test_an_export_goes_on_over_many_pages(scene: Scene) -> None:
    names = [UserId(f"fan-{number:05}") for number in range(EXPORT_PAGE + 1)]
    for number, name in enumerate(names):
        await scene.ports.entries.change(TOUR, name, _stored(name, PhoneNumber(f"+4670{number:07}")))

    pages = [page async for page in await scene.use_cases.registrations.export_eligible(TOUR, Query())]

    assert [len(page) for page in pages] == [EXPORT_PAGE, 1]
    assert [one.user_id for page in pages for one in page] == names


def _stored(name: UserId, phone: PhoneNumber) -> EntryChange:
    """A registration that is confirmed and scored."""
    entry = Entry.register(TOUR, name, some_details(NYC, phone=phone), NOON).confirm(NOON)
    return lambda _: replace(entry, score=50)
