"""What every CodePool promises of changes and sweeps, one caller at a time; the races are elsewhere."""

from domain.model.codes.code import (
    HISTORY_LIMIT,
    Code,
    CodeEvent,
    Refusal,
    Transition,
)
from domain.model.ids import CampaignId, ReserveId, UserId
from tests.contracts.codes.conftest import Stores
from tests.contracts.codes.moves import assign, release
from tests.support.codes import (
    ANN,
    BOB,
    DAY,
    EXTERNAL,
    MINE,
    NOON,
    STAFF,
    THEIRS,
    TICK,
    TM,
    TOUR,
    a_batch,
    a_claim,
    done,
    texts,
)

OTHER = CampaignId("other")


async def test_a_change_is_stored_and_returns_each_code_after_it(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B"]))
    await stores.pool.claim(a_claim(2))

    def assign_a(code: Code) -> Code | Refusal:
        return code.assign(MINE, ANN, NOON, STAFF) if code.text == "A" else Refusal.ASSIGNED

    outcome = await stores.pool.change(TOUR, ["B", "A", "NONE"], assign_a)

    assert (outcome["B"], outcome["NONE"]) == (Refusal.ASSIGNED, Refusal.NOT_FOUND)
    assert done(outcome["A"]).assigned_to == ANN
    stored = await stores.catalogue.get(TOUR, "A")
    assert stored is not None
    assert (stored.assigned_to, stored.assigned_at) == (ANN, NOON)
    untouched = await stores.catalogue.get(TOUR, "B")
    assert untouched is not None
    assert untouched.version == 1


async def test_a_change_that_changes_nothing_writes_nothing(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A"]))
    before = await stores.catalogue.get(TOUR, "A")

    outcome = await stores.pool.change(TOUR, ["A"], lambda code: code)

    assert done(outcome["A"]).version == 0
    assert await stores.catalogue.get(TOUR, "A") == before


async def test_no_codes_to_change(stores: Stores) -> None:
    assert await stores.pool.change(TOUR, [], lambda code: code) == {}


async def test_the_reason_of_a_refusal_survives_a_sweep(stores: Stores) -> None:
    """The history that the rules need is loaded with the code."""
    await stores.pool.add(a_batch(["A"]))
    await stores.pool.claim(a_claim())
    await stores.pool.sweep(NOON + DAY, 10)

    assert await assign(stores, "A", ANN, at=NOON + DAY) is Refusal.EXPIRED
    assert await assign(stores, "A", ANN, at=NOON + DAY, reserve_id=THEIRS) is Refusal.NOT_RESERVED


async def test_held_are_the_codes_reserved_now(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B", "C", "D"]))
    mine = await stores.pool.claim(a_claim(3))
    await stores.pool.claim(a_claim(reserve_id=THEIRS))
    await assign(stores, mine.codes[0], ANN)
    await release(stores, mine.codes[1])

    assert list(await stores.pool.held(TOUR, MINE, NOON + DAY - TICK)) == [mine.codes[2]]
    assert list(await stores.pool.held(TOUR, MINE, NOON + DAY)) == []
    assert list(await stores.pool.held(TOUR, ReserveId("unknown-one"), NOON)) == []


async def test_a_sweep_writes_down_up_to_limit_lapses(stores: Stores) -> None:
    for campaign in (TOUR, OTHER):
        for type in (TM, EXTERNAL):
            await stores.pool.add(a_batch(texts(type, 5), campaign_id=campaign, type=type))
            await stores.pool.claim(a_claim(3, campaign_id=campaign, type=type, reserve_id=f"hold-{type}"))

    assert await stores.pool.sweep(NOON + DAY - TICK, 100) == 0
    assert [await stores.pool.sweep(NOON + DAY, 5) for _ in range(4)] == [5, 5, 2, 0]


async def test_a_sweep_writes_down_the_instant_of_the_lapse(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A"]))
    await stores.pool.claim(a_claim())

    await stores.pool.sweep(NOON + 3 * DAY, 10)

    code = await stores.catalogue.get(TOUR, "A")
    assert code is not None
    assert code.hold is None
    last = code.transitions[-1]
    assert (last.event, last.at, last.reserve_id) == (CodeEvent.EXPIRED, NOON + DAY, MINE)


async def test_a_sweep_leaves_released_and_assigned_codes_alone(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A", "B"]))
    held = await stores.pool.claim(a_claim(2))
    await assign(stores, held.codes[0], BOB)
    await release(stores, held.codes[1])

    assert await stores.pool.sweep(NOON + 99 * DAY, 10) == 0


async def test_a_history_cannot_outgrow_its_record(stores: Stores) -> None:
    await stores.pool.add(a_batch(["A"]))
    many = tuple(
        Transition(event=CodeEvent.RELEASED, at=NOON, by=UserId(f"user-{number}"))
        for number in range(HISTORY_LIMIT + 5)
    )

    await stores.pool.change(TOUR, ["A"], lambda code: with_more(code, many))

    code = await stores.catalogue.get(TOUR, "A")
    assert code is not None
    assert code.transitions == many[5:]


def with_more(code: Code, transitions: tuple[Transition, ...]) -> Code:
    """Writes the whole history at once, for a code that has none yet."""
    return Code(
        campaign_id=code.campaign_id,
        text=code.text,
        type=code.type,
        provenance=code.provenance,
        version=code.version + 1,
        transitions=transitions,
    )
