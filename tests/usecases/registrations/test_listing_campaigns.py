"""The campaigns at a glance: which are listed, and their counts."""

from domain.model.codes.inventory import StatusCounts
from domain.model.ids import CampaignId
from domain.model.registrations.entry import EntryStatus
from tests.support.codes import EXTERNAL, TM, a_batch
from tests.support.registrations import TOUR
from tests.usecases.registrations.scene import Scene


async def listed(scene: Scene, *, after: str | None = None, limit: int = 20) -> list[str]:
    last = CampaignId(after) if after else None
    page = await scene.use_cases.registrations.list_campaigns(after=last, limit=limit)
    return [summary.id for summary in page.campaigns]


async def test_a_campaign_with_codes_or_registrations_is_listed_with_its_counts(scene: Scene) -> None:
    await scene.use_cases.stores.pool.add(a_batch(["A1", "A2"]))
    await scene.fan("ann").confirmed()
    await scene.fan("bob").register()

    page = await scene.use_cases.registrations.list_campaigns(after=None, limit=20)

    (summary,) = page.campaigns
    assert summary.id == TOUR
    assert summary.campaign == await scene.ports.campaigns.get(TOUR)
    assert summary.codes == StatusCounts(available=2)
    assert summary.codes_by_type == {TM: StatusCounts(available=2), EXTERNAL: StatusCounts()}
    assert summary.registrations == {EntryStatus.CONFIRMED: 1, EntryStatus.PENDING: 1}
    assert page.next is None


async def test_a_campaign_without_codes_and_registrations_is_not_listed(scene: Scene) -> None:
    assert await listed(scene) == []


async def test_a_campaign_that_is_gone_is_listed_without_name_and_times(scene: Scene) -> None:
    await scene.use_cases.stores.pool.add(a_batch(["A1"], campaign_id=CampaignId("gone")))

    page = await scene.use_cases.registrations.list_campaigns(after=None, limit=20)

    assert [(summary.id, summary.campaign) for summary in page.campaigns] == [("gone", None)]


async def test_pages_are_in_the_order_of_the_ids_whatever_a_campaign_has(scene: Scene) -> None:
    for id in ("b-codes", "d-both"):
        await scene.use_cases.stores.pool.add(a_batch(["A1"], campaign_id=CampaignId(id)))
    for id in ("a-entries", "c-entries", "d-both"):
        await scene.fan("ann").elsewhere(scene.opens(id)).register()

    assert await listed(scene) == ["a-entries", "b-codes", "c-entries", "d-both"]
    assert await listed(scene, limit=2) == ["a-entries", "b-codes"]
    assert await listed(scene, after="b-codes", limit=2) == ["c-entries", "d-both"]
    page = await scene.use_cases.registrations.list_campaigns(after=None, limit=3)
    assert page.next == "c-entries"


async def test_a_caller_sees_the_own_campaigns_on_full_pages(scene: Scene) -> None:
    """However many others lie between them."""
    for number in range(1_300):
        await scene.use_cases.stores.pool.add(a_batch(["A1"], campaign_id=CampaignId(f"c-{number:04}")))
    own = {"c-0001", "c-0004", "c-1100", "c-1299"}

    async def page(after: str | None, limit: int) -> tuple[list[str], str | None]:
        last = CampaignId(after) if after else None
        found = await scene.use_cases.registrations.list_campaigns(
            after=last, limit=limit, reaches=own.__contains__
        )
        return [one.id for one in found.campaigns], found.next

    assert await page(None, 3) == (["c-0001", "c-0004", "c-1100"], "c-1100")
    assert await page("c-1100", 3) == (["c-1299"], None)
    assert await page(None, 4) == (sorted(own), None)


async def test_campaigns_are_named_page_by_page_without_those_that_the_caller_may_not_see(scene: Scene) -> None:
    for id in ("a-1", "a-2", "b-1", "gone"):
        await scene.use_cases.stores.pool.add(a_batch(["A1"], campaign_id=CampaignId(id)))
    known = await scene.ports.campaigns.get(scene.opens("a-2"))

    name = scene.use_cases.registrations.name_campaigns
    first = await name(limit=2, reaches=lambda campaign: campaign != "a-1")
    assert (first.campaigns, first.next) == ([("a-2", known), ("b-1", None)], "b-1")
    assert await name(limit=2, after=first.next) == ([("gone", None)], None)
