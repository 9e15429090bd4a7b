"""What every AuditLog and every AuditedPeople promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain.model.audit.records import AuditFilter, AuditId, AuditPosition, AuditRecord, Facts, named, position_of
from domain.model.ids import CampaignId, UserId
from ports.audit import Begun
from ports.stores import AuditStore
from tests.contracts.two_processes import two_views

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
TOUR, FAIR = CampaignId("tour"), CampaignId("fair")
STAFF, OTHER, ANN, BOB = UserId("staff"), UserId("other"), UserId("ann"), UserId("bob")
GONE = UserId("erased:0123456789abcdef")
DONE: Facts = {"result": "done", "updated": 2, "kept": {"reserved": 1, "assigned": 0}, "share": 0.5, "note": None}


@pytest.fixture(params=["memory", "mongo"])
async def peers(request: pytest.FixtureRequest) -> AsyncIterator[tuple[AuditStore, AuditStore]]:
    """Two that share what they keep, as two processes do."""
    async with two_views(request) as (first, second):
        yield first.audit, second.audit


@pytest.fixture
def log(peers: tuple[AuditStore, AuditStore]) -> AuditStore:
    return peers[0]


def a_row(id: str = "row-1", *, by: UserId = STAFF, at: int = 0, outcome: Facts | None = None) -> AuditRecord:
    return AuditRecord(
        id=AuditId(id),
        at=NOW + timedelta(seconds=at),
        by=by,
        operation="selectEntries",
        campaign_id=TOUR,
        request_id="request-1",
        asked={"selection": "selected", **named([ANN, BOB])},
        outcome=outcome,
    )


async def all_of(log: AuditStore, **wanted: object) -> list[AuditRecord]:
    return list(await log.page(AuditFilter(**wanted), after=None, limit=1_000))  # type: ignore[arg-type]  # its fields


async def test_a_row_is_there_before_its_outcome_is_known(log: AuditStore) -> None:
    assert await log.begin(a_row()) is Begun.NEW

    assert await all_of(log) == [a_row()]


async def test_a_row_is_completed_once(log: AuditStore) -> None:
    await log.begin(a_row())

    assert await log.complete(AuditId("row-1"), DONE) is True
    assert await log.complete(AuditId("row-1"), {"result": "failed"}) is False

    assert await all_of(log) == [a_row(outcome=DONE)]


async def test_a_row_that_is_not_there_cannot_be_completed(log: AuditStore) -> None:
    assert await log.complete(AuditId("row-1"), DONE) is False
    assert await all_of(log) == []


async def test_a_row_that_is_begun_again_stays_as_it_is(log: AuditStore) -> None:
    await log.begin(a_row())

    assert await log.begin(a_row(at=60)) is Begun.OPEN
    await log.complete(AuditId("row-1"), DONE)
    assert await log.begin(a_row(at=120)) is Begun.COMPLETE

    assert await all_of(log) == [a_row(outcome=DONE)]


async def test_a_row_that_is_appended_again_stays_as_it_is(log: AuditStore) -> None:
    assert await log.append(a_row(outcome=DONE)) is True
    assert await log.append(a_row(at=60, outcome={"result": "failed"})) is False
    assert await log.begin(a_row()) is Begun.COMPLETE

    assert await all_of(log) == [a_row(outcome=DONE)]


async def test_of_many_who_complete_one_row_at_once_one_does(peers: tuple[AuditStore, AuditStore]) -> None:
    begun = await asyncio.gather(*(log.begin(a_row()) for log in peers * 10))

    completed = await asyncio.gather(
        *(log.complete(AuditId("row-1"), {"of": of}) for of, log in enumerate(peers * 10))
    )

    assert (begun.count(Begun.NEW), begun.count(Begun.OPEN)) == (1, 19)
    assert completed.count(True) == 1
    assert await all_of(peers[0]) == [a_row(outcome={"of": completed.index(True)})]


async def test_of_many_who_append_one_row_at_once_one_does_and_other_rows_are_stored(
    peers: tuple[AuditStore, AuditStore],
) -> None:
    same = [log.append(a_row(outcome=DONE)) for log in peers * 20]
    others = [log.append(a_row(f"other-{of}", outcome=DONE)) for of, log in enumerate(peers * 20)]

    appended = await asyncio.gather(*same, *others)

    assert appended[:40].count(True) == 1
    assert all(appended[40:])
    assert len(await all_of(peers[1])) == 41


async def test_what_is_read_cannot_change_what_is_stored(log: AuditStore) -> None:
    facts = {"updated": 2}
    await log.append(a_row(outcome=facts))
    facts["updated"] = 3
    dict(  # What was read is the reader's own.
        (await all_of(log))[0].outcome or {}
    )["updated"] = 4

    assert await all_of(log) == [a_row(outcome={"updated": 2})]


async def a_crowd(log: AuditStore) -> list[AuditRecord]:
    """Rows in which each filter differs from each other, three at each time; newest first."""
    kinds = product([TOUR, FAIR, None], [STAFF, OTHER], ["selectEntries", "importCodes"])
    rows = [
        replace(a_row(f"row-{of:02}", by=by, at=of // 3), campaign_id=campaign_id, operation=operation)
        for of, (campaign_id, by, operation) in enumerate(kinds)
    ]
    for row in rows:
        await log.begin(row)
    return sorted(rows, key=position_of, reverse=True)


FILTERS = [
    AuditFilter(campaign_id=campaign_id, by=by, operation=operation, since=since, until=until)
    for campaign_id, by, operation, since, until in product(
        [None, TOUR, CampaignId("unknown")],
        [None, OTHER],
        [None, "importCodes"],
        [None, NOW + timedelta(seconds=1)],
        [None, NOW + timedelta(seconds=3)],
    )
]


async def test_every_filter_finds_what_a_slow_reading_finds(log: AuditStore) -> None:
    rows = await a_crowd(log)

    for wanted in FILTERS:
        assert await log.page(wanted, after=None, limit=100) == [row for row in rows if wanted.admits(row)]
    assert {sum(map(wanted.admits, rows)) for wanted in FILTERS} > {0, 1, 4, 12}


async def paged(log: AuditStore, wanted: AuditFilter, limit: int) -> list[AuditRecord]:
    found: list[AuditRecord] = []
    after: AuditPosition | None = None
    while page := await log.page(wanted, after=after, limit=limit):
        assert len(page) <= limit
        found += page
        after = position_of(page[-1])
        await log.begin(a_row(f"late-{len(found):02}", at=100 + len(found)))  # Newer: it is on no later page.
    return found


async def test_pages_together_are_the_whole_also_while_rows_are_added(log: AuditStore) -> None:
    rows = await a_crowd(log)

    for limit in (1, 2, 5, 12):
        before = await all_of(log)
        assert await paged(log, AuditFilter(), limit) == before
    assert await paged(log, AuditFilter(by=OTHER), 2) == [row for row in rows if row.by == OTHER]


# Persons


async def test_a_person_is_found_as_the_caller_and_as_a_fan_who_is_named(log: AuditStore) -> None:
    await log.begin(a_row("by", by=ANN, at=1))
    await log.begin(a_row("asked", at=2))
    await log.begin(replace(a_row("outcome", at=3), asked={}))
    await log.complete(AuditId("outcome"), {"userId": ANN})
    await log.begin(replace(a_row("another", by=OTHER), asked={"userIds": (BOB,)}))
    newest = ["outcome", "asked", "by"]

    found = await log.of_person(ANN, after=None, limit=100)

    assert [row.id for row in found] == newest
    assert [row.id for row in await log.of_person(ANN, after=position_of(found[0]), limit=1)] == ["asked"]
    assert await log.count_of_person(ANN) == 3
    assert await log.count_of_person(UserId("unknown")) == 0


async def test_a_person_who_is_replaced_is_in_no_row_and_nothing_else_has_changed(log: AuditStore) -> None:
    rows = [
        a_row("by", by=ANN, outcome=DONE),
        replace(a_row("asked", outcome=DONE), asked={"userId": ANN, "reserveId": ANN, "annual": "ann-1"}),
        a_row("outcome", outcome={"userIds": (BOB, ANN), "updated": 2}),
        replace(a_row("another", by=OTHER, outcome=DONE), asked={"userId": BOB}),
    ]
    for row in rows:
        await log.append(row)
    await log.begin(a_row("unknown"))

    assert await log.replace_person(ANN, GONE) == 4

    assert await log.count_of_person(ANN) == 0
    assert await log.count_of_person(GONE) == 4
    by_id = {str(row.id): row for row in await all_of(log)}
    assert by_id["by"] == replace(rows[0], by=GONE, asked={**rows[0].asked, "userIds": (GONE, BOB)})
    assert by_id["asked"].asked == {"userId": GONE, "reserveId": GONE, "annual": "ann-1"}
    assert by_id["outcome"].outcome == {"userIds": (BOB, GONE), "updated": 2}
    assert by_id["another"] == rows[3]
    assert by_id["unknown"].outcome is None
    assert "ann" not in {part for row in by_id.values() for part in map(str, [row.by, *row.people])}
    assert await log.replace_person(ANN, GONE) == 0


async def test_a_row_that_is_completed_while_a_person_is_replaced_has_both(
    peers: tuple[AuditStore, AuditStore],
) -> None:
    for of in range(40):
        await peers[0].begin(a_row(f"row-{of:02}", by=ANN))

    await asyncio.gather(
        *(peers[1].complete(AuditId(f"row-{of:02}"), {"updated": of}) for of in range(40)),
        peers[0].replace_person(ANN, GONE),
    )

    assert await peers[0].count_of_person(ANN) == 0
    found = {row.id: row for row in await all_of(peers[0])}
    assert all(found[AuditId(f"row-{of:02}")].outcome == {"updated": of} for of in range(40))
    assert {row.by for row in found.values()} == {GONE}
