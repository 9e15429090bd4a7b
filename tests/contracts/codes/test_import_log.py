"""What every ImportLog promises."""

from domain.model.codes.imports import MAX_PROBLEMS, Problem, Tally
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
