"""What every CodeCatalogue promises. All adapters give the same answers."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.model.codes.code import CodeEvent, CodeStatus
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.ids import CampaignId, ImportId, ReserveId
from tests.contracts.codes.conftest import Stores
from tests.contracts.codes.moves import assign, release
from tests.support.codes import (
    ANN,
    BOB,
    DAY,
    EXTERNAL,
    MINE,
    NOON,
    THEIRS,
    TICK,
    TM,
    TOUR,
    a_batch,
    a_claim,
    texts,
)

LAPSE = NOON + DAY
UNUSUAL = ["!", '"', "0", "A", "A B", "A,B", "A/B", "AA", "Z", "_", "a", "~", "Ä", "é", "ﬀ", "😀"]
"""Ordered by code point. UTF-8 bytes have the same order."""


@pytest.fixture
async def scene(stores: Stores) -> Stores:
    """free: not held. held, given: reserved by MINE, given to Ann. ext: of the other type, reserved by THEIRS."""
    await stores.pool.add(a_batch(["given", "held"]))
    await stores.pool.claim(a_claim(2))
    await assign(stores, "given", ANN)
    await stores.pool.add(a_batch(["free"], import_id="import-2"))
    await stores.pool.add(a_batch(["ext"], type=EXTERNAL, import_id="import-3"))
    await stores.pool.claim(a_claim(type=EXTERNAL, reserve_id=THEIRS, at=NOON + TICK))
    await stores.pool.add(a_batch(["free", "held"], campaign_id=CampaignId("tour2")))
    return stores


async def found(
    stores: Stores, wanted: CodeFilter, *, at: datetime = NOON, after: str | None = None, limit: int = 100
) -> list[str]:
    page = await stores.catalogue.page(TOUR, wanted, after=after, limit=limit, now=at)
    return [code.text for code in page]


@pytest.mark.parametrize(
    ("wanted", "now", "lapsed"),
    [
        (CodeFilter(), ["ext", "free", "given", "held"], ["ext", "free", "given", "held"]),
        (CodeFilter(code="held"), ["held"], ["held"]),
        (CodeFilter(code="Held"), [], []),
        (CodeFilter(type=TM), ["free", "given", "held"], ["free", "given", "held"]),
        (CodeFilter(type=EXTERNAL), ["ext"], ["ext"]),
        (CodeFilter(status=CodeStatus.AVAILABLE), ["free"], ["ext", "free", "held"]),
        (CodeFilter(status=CodeStatus.RESERVED), ["ext", "held"], []),
        (CodeFilter(status=CodeStatus.ASSIGNED), ["given"], ["given"]),
        (CodeFilter(reserve_id=MINE), ["given", "held"], ["given"]),
        (CodeFilter(reserve_id=THEIRS), ["ext"], []),
        (CodeFilter(reserve_id=ReserveId("unknown")), [], []),
        (CodeFilter(user_id=ANN), ["given"], ["given"]),
        (CodeFilter(user_id=BOB), [], []),
        (CodeFilter(type=TM, status=CodeStatus.RESERVED), ["held"], []),
        (CodeFilter(type=TM, status=CodeStatus.AVAILABLE), ["free"], ["free", "held"]),
        (CodeFilter(status=CodeStatus.RESERVED, reserve_id=MINE), ["held"], []),
        (CodeFilter(status=CodeStatus.AVAILABLE, reserve_id=MINE), [], []),
        (CodeFilter(status=CodeStatus.ASSIGNED, reserve_id=MINE, user_id=ANN), ["given"], ["given"]),
        (CodeFilter(status=CodeStatus.RESERVED, user_id=ANN), [], []),
        (CodeFilter(code="held", type=EXTERNAL), [], []),
        (CodeFilter(prefix="h"), ["held"], ["held"]),
        (CodeFilter(prefix="held"), ["held"], ["held"]),
        (CodeFilter(prefix="helder"), [], []),
        (CodeFilter(prefix="H"), [], []),
        (CodeFilter(prefix="f", status=CodeStatus.RESERVED), [], []),
        (CodeFilter(import_id=ImportId("import-2")), ["free"], ["free"]),
        (CodeFilter(import_id=ImportId("unknown")), [], []),
        (CodeFilter(import_id=ImportId("import-1"), prefix="g"), ["given"], ["given"]),
        (CodeFilter(code="given", user_id=ANN, type=TM, reserve_id=MINE), ["given"], ["given"]),
    ],
)
@pytest.mark.parametrize("swept", [True, False])
async def test_filters_use_the_status_at_this_moment_swept_or_not(
    scene: Stores, wanted: CodeFilter, now: list[str], lapsed: list[str], *, swept: bool
) -> None:
    later = LAPSE + TICK
    assert await found(scene, wanted) == now
    if swept:
        await scene.pool.sweep(later, 100)
    assert await found(scene, wanted, at=later) == lapsed


async def test_a_page_shows_the_status_at_the_requested_instant(scene: Stores) -> None:
    """Each hold by its own deadline: ``ext`` was reserved a tick later."""
    assert await found(scene, CodeFilter(status=CodeStatus.RESERVED), at=LAPSE - TICK) == ["ext", "held"]
    assert await found(scene, CodeFilter(status=CodeStatus.RESERVED), at=LAPSE) == ["ext"]
    assert await found(scene, CodeFilter(status=CodeStatus.RESERVED), at=LAPSE + TICK) == []


async def test_pages_are_in_the_order_of_the_text(stores: Stores) -> None:
    await stores.pool.add(a_batch(reversed(UNUSUAL)))

    assert await found(stores, CodeFilter()) == UNUSUAL


async def test_a_page_begins_behind_a_code_whether_it_exists_or_not(stores: Stores) -> None:
    await stores.pool.add(a_batch(UNUSUAL))

    assert await found(stores, CodeFilter(), after="A B") == UNUSUAL[5:]
    assert await found(stores, CodeFilter(), after="A B nothing") == UNUSUAL[5:]
    assert await found(stores, CodeFilter(), after="😀") == []
    assert await found(stores, CodeFilter(code="A"), after="A") == []
    assert await found(stores, CodeFilter(code="A"), after="0") == ["A"]


@pytest.mark.parametrize("prefix", ["A", "A ", "A,", "Ä", "😀", "AA", "~", "é"])
async def test_a_prefix_is_compared_exactly(stores: Stores, prefix: str) -> None:
    await stores.pool.add(a_batch(UNUSUAL))
    begun = [text for text in UNUSUAL if text.startswith(prefix)]

    assert await found(stores, CodeFilter(prefix=prefix)) == begun
    assert await found(stores, CodeFilter(prefix=prefix), after=begun[0]) == begun[1:]
    assert await found(stores, CodeFilter(prefix=prefix), after="!") == begun


async def test_a_walk_over_pages_meets_every_code_once(stores: Stores) -> None:
    await stores.pool.add(a_batch(texts("A", 23)))
    walked: list[str] = []
    after: str | None = None
    while page := await found(stores, CodeFilter(type=TM), after=after, limit=5):
        assert len(page) <= 5
        walked += page
        after = page[-1]

    assert walked == texts("A", 23)


async def test_campaigns_with_similar_names_do_not_mix(stores: Stores) -> None:
    names = ["tour", "tour-", "tour0", "Tour", "tou", "tour_2"]
    for name in names:
        await stores.pool.add(a_batch([f"in {name}"], campaign_id=CampaignId(name)))

    for name in names:
        page = await stores.catalogue.page(CampaignId(name), CodeFilter(), after=None, limit=9, now=NOON)
        assert [code.text for code in page] == [f"in {name}"]
        assert (await stores.catalogue.count(CampaignId(name), NOON))[TM].total == 1


async def test_every_code_is_in_exactly_one_count(scene: Stores) -> None:
    at_first = await scene.catalogue.count(TOUR, NOON)
    later = await scene.catalogue.count(TOUR, LAPSE)
    at_last = await scene.catalogue.count(TOUR, LAPSE + TICK)

    assert at_first[TM] == StatusCounts(available=1, reserved=1, assigned=1)
    assert later[TM] == at_last[TM] == StatusCounts(available=2, assigned=1)
    assert [counts[EXTERNAL] for counts in (at_first, later, at_last)] == [
        StatusCounts(reserved=1),
        StatusCounts(reserved=1),
        StatusCounts(available=1),
    ]


async def test_a_sweep_changes_no_count(scene: Stores) -> None:
    before = await scene.catalogue.count(TOUR, LAPSE + TICK)
    await scene.pool.sweep(LAPSE + TICK, 100)

    assert await scene.catalogue.count(TOUR, LAPSE + TICK) == before


async def test_an_unknown_campaign_counts_nothing(stores: Stores) -> None:
    counts = await stores.catalogue.count(CampaignId("unknown"), NOON)

    assert sum(of_type.total for of_type in counts.values()) == 0


async def test_a_code_is_returned_with_all_its_transitions(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A"]))
    for round in range(3):
        await stores.pool.claim(a_claim(at=NOON + round * TICK))
        await release(stores, "A", at=NOON + round * TICK)
    await stores.pool.claim(a_claim(reserve_id=THEIRS))
    await assign(stores, "A", BOB, reserve_id=THEIRS, at=NOON + 9 * TICK)

    code = await stores.catalogue.get(TOUR, "A")

    assert code is not None
    assert [line.event for line in code.transitions] == [
        *[CodeEvent.RESERVED, CodeEvent.RELEASED] * 3,
        CodeEvent.RESERVED,
        CodeEvent.ASSIGNED,
    ]
    assert [line.at for line in code.transitions[:6:2]] == [NOON, NOON + TICK, NOON + 2 * TICK]
    assert (code.transitions[-1].user_id, code.transitions[-1].reserve_id) == (BOB, THEIRS)
    assert (code.assigned_to, code.assigned_at) == (BOB, NOON + 9 * TICK)
    assert code.version == 8


async def test_a_code_that_is_not_there(scene: Stores) -> None:
    assert await scene.catalogue.get(TOUR, "Held") is None
    assert await scene.catalogue.get(CampaignId("unknown"), "held") is None
    assert await scene.catalogue.get(CampaignId("tour2"), "given") is None


async def test_the_campaigns_that_have_codes_are_known(scene: Stores) -> None:
    await scene.pool.add(replace(a_batch(["x"]), campaign_id=CampaignId("other")))

    assert await scene.catalogue.campaigns(10) == ["other", TOUR, "tour2"]
    assert await scene.catalogue.campaigns(1) == ["other"]
    assert await scene.catalogue.campaigns(10, after=CampaignId("other")) == [TOUR, "tour2"]
    assert await scene.catalogue.campaigns(1, after=CampaignId("p")) == [TOUR]
    assert await scene.catalogue.campaigns(10, after=CampaignId("tour2")) == []


async def test_asking_about_a_campaign_does_not_make_it_one(stores: Stores) -> None:
    await stores.catalogue.count(TOUR, NOON)

    assert await stores.catalogue.campaigns(10) == []


async def test_holders_are_fans_with_an_assigned_code_of_the_type(scene: Stores) -> None:
    await assign(scene, "ext", BOB, reserve_id=THEIRS)

    assert set(await scene.catalogue.holders(TOUR, TM, [ANN, BOB])) == {ANN}
    assert set(await scene.catalogue.holders(TOUR, EXTERNAL, [ANN, BOB])) == {BOB}
    assert set(await scene.catalogue.holders(TOUR, TM, [BOB])) == set()
    assert set(await scene.catalogue.holders(CampaignId("tour2"), TM, [ANN, BOB])) == set()


async def test_a_code_is_found_in_each_of_the_named_campaigns(scene: Stores) -> None:
    tour2, nothing = CampaignId("tour2"), CampaignId("nothing")
    find = scene.catalogue.campaigns_with
    assert await find([tour2, nothing, TOUR], "free") == [TOUR, tour2]
    assert await find([TOUR, tour2], "given") == [TOUR]
    assert await find([nothing, tour2], "Free") == []
    assert await find([tour2], "free") == [tour2]
