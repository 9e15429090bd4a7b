"""What every ImportLog promises."""

from dataclasses import replace

from domain.model.codes.imports import MAX_PROBLEMS, ImportPosition, Problem, Tally
from domain.model.ids import CampaignId, ImportId
from tests.contracts.codes.conftest import Stores
from tests.support.codes import NOON, TICK, TOUR, an_import

TALLY = Tally(
    inserted=1,
    duplicates=2,
    conflicts=3,
    blank=4,
    invalid=MAX_PROBLEMS,
    problems=tuple(Problem(line, "too long") for line in range(MAX_PROBLEMS)),
)


async def test_the_latest_state_is_kept_whole(stores: Stores) -> None:
    run = an_import()
    for state in (
        run,
        run.progressed(TALLY, NOON + TICK),
        run.progressed(TALLY, NOON + TICK).completed(NOON + 2 * TICK),
    ):
        await stores.imports.save(state)
        assert await stores.imports.get(TOUR, run.id) == state


async def test_a_failure_is_kept(stores: Stores) -> None:
    failed = an_import().progressed(TALLY, NOON).failed("codes.file_unreadable", NOON + TICK)

    await stores.imports.save(failed)

    assert await stores.imports.get(TOUR, failed.id) == failed


async def test_runs_are_kept_apart(stores: Stores) -> None:
    one, two = an_import("import-1"), an_import("import-2").progressed(TALLY, NOON)
    await stores.imports.save(one)
    await stores.imports.save(two)

    assert await stores.imports.get(TOUR, one.id) == one
    assert await stores.imports.get(TOUR, two.id) == two


async def test_a_run_is_known_in_its_own_campaign_only(stores: Stores) -> None:
    await stores.imports.save(an_import("import-1"))

    assert await stores.imports.get(CampaignId("other"), ImportId("import-1")) is None
    assert await stores.imports.get(TOUR, ImportId("unknown")) is None


async def ids(stores: Stores, *, after: ImportPosition | None = None, limit: int = 10) -> list[str]:
    return [run.id for run in await stores.imports.page(TOUR, after=after, limit=limit)]


async def test_runs_are_listed_the_newest_first(stores: Stores) -> None:
    """Of two that began at the same instant, the one with the larger id comes first."""
    for id, at in (("a", NOON), ("d", NOON + TICK), ("c", NOON + TICK), ("b", NOON - TICK)):
        await stores.imports.save(replace(an_import(id), started_at=at))
    await stores.imports.save(
        replace(an_import("e"), key=replace(an_import().key, campaign_id=CampaignId("tour2")))
    )

    assert await ids(stores) == ["d", "c", "a", "b"]
    assert await ids(stores, limit=2) == ["d", "c"]


async def test_a_page_of_runs_begins_behind_a_position(stores: Stores) -> None:
    for number in range(7):
        await stores.imports.save(replace(an_import(f"import-{number}"), started_at=NOON + (number // 2) * TICK))
    walked: list[str] = []
    after: ImportPosition | None = None
    while page := await stores.imports.page(TOUR, after=after, limit=2):
        walked += [run.id for run in page]
        after = page[-1].position

    assert walked == [f"import-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


async def test_an_empty_list_of_runs(stores: Stores) -> None:
    assert await ids(stores) == []
