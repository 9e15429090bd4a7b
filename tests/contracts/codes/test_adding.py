"""What every CodePool promises of ``add``, one caller at a time; the races are elsewhere."""

import pytest

from domain.model.codes.code import CodeStatus
from domain.model.codes.errors import CodesExhausted
from domain.model.codes.imports import LOOK_ALIKE, Problem, Tally
from domain.model.codes.inventory import StatusCounts
from domain.model.ids import CampaignId
from tests.contracts.codes.conftest import Stores
from tests.contracts.codes.moves import assign
from tests.support.codes import (
    ANN,
    EXTERNAL,
    MINE,
    NOON,
    STAFF,
    TM,
    TOUR,
    a_batch,
    a_claim,
    texts,
)

OTHER = CampaignId("other")


async def test_new_codes_are_inserted_with_their_origin(stores: Stores) -> None:
    assert await stores.pool.add(a_batch(["A", "B"])) == Tally(inserted=2)

    code = await stores.catalogue.get(TOUR, "B")
    assert code is not None
    assert (code.text, code.type, code.status(NOON)) == ("B", TM, CodeStatus.AVAILABLE)
    assert (code.provenance.import_id, code.provenance.line, code.provenance.at, code.provenance.by) == (
        "import-1", 2, NOON, STAFF,
    )  # fmt: skip


async def test_an_empty_batch_adds_nothing(stores: Stores) -> None:
    assert await stores.pool.add(a_batch([])) == Tally()


async def test_a_code_exists_once_in_a_campaign_whatever_its_type(stores: Stores) -> None:
    """REQ-005."""
    await stores.pool.add(a_batch(["A", "B"], import_id="first"))

    again = await stores.pool.add(a_batch(["A", "C", "C"], import_id="second"))
    other_type = await stores.pool.add(a_batch(["A", "B", "D"], type=EXTERNAL, import_id="third"))

    assert again == Tally(inserted=1, duplicates=2)
    assert other_type == Tally(inserted=1, conflicts=2)
    assert await stores.catalogue.count(TOUR, NOON) == {
        TM: StatusCounts(available=3),
        EXTERNAL: StatusCounts(available=1),
    }


async def test_codes_are_compared_exactly(stores: Stores) -> None:
    different = ["a", "A", "a ", "á", "a\u0301", "a/b", "a.b", "$a", "0", "00", "A/", "/A"]

    tally = await stores.pool.add(a_batch(different))

    assert tally.inserted == len(different)
    assert tally.problems == (Problem(different.index("a\u0301") + 1, LOOK_ALIKE),)


async def test_campaigns_share_nothing(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A"]))

    assert await stores.pool.add(a_batch(["A"], campaign_id=OTHER, type=EXTERNAL)) == Tally(inserted=1)
    await stores.pool.claim(a_claim())
    assert list(await stores.pool.held(OTHER, MINE, NOON)) == []
    with pytest.raises(CodesExhausted):
        await stores.pool.claim(a_claim(campaign_id=OTHER))


@pytest.mark.parametrize("known", [0, 3, 500])
async def test_a_file_that_overlaps_is_judged_code_by_code(stores: Stores, known: int) -> None:
    """For any number of codes that are there already: none, a few or all."""
    codes = texts("A", 500)
    await stores.pool.add(a_batch(codes[:known], import_id="first"))

    tally = await stores.pool.add(a_batch(codes, import_id="second"))

    assert tally == Tally(inserted=500 - known, duplicates=known)


async def test_the_same_batch_again_counts_as_inserted_what_the_first_try_stored(stores: Stores) -> None:
    codes = [*texts("A", 40), "A-000000"]
    await stores.pool.add(a_batch(codes[:25]))

    assert await stores.pool.add(a_batch(codes)) == Tally(inserted=40, duplicates=1)
    assert await stores.pool.add(a_batch(codes)) == Tally(inserted=40, duplicates=1)
    assert (await stores.catalogue.count(TOUR, NOON))[TM].total == 40


async def test_adding_leaves_codes_that_are_there_exactly_as_they_are(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B"], import_id="first"))
    held = await stores.pool.claim(a_claim(2))
    await assign(stores, held.codes[0], ANN)
    before = [await stores.catalogue.get(TOUR, code) for code in ("A", "B")]

    await stores.pool.add(a_batch(["A", "B"], import_id="second"))
    await stores.pool.add(a_batch(["A", "B"], import_id="first"))
    await stores.pool.add(a_batch(["A", "B"], import_id="third", type=EXTERNAL))

    assert [await stores.catalogue.get(TOUR, code) for code in ("A", "B")] == before


async def test_a_line_that_comes_again_in_a_batch_is_a_duplicate_whatever_the_first_was(stores: Stores) -> None:
    """ "duplicates: earlier in the file" comes first in the contract."""
    await stores.pool.add(a_batch(["A"], type=EXTERNAL, import_id="first"))

    tally = await stores.pool.add(a_batch(["A", "B", "A", "B", "A"], import_id="second"))

    assert tally == Tally(inserted=1, conflicts=1, duplicates=3)
