"""Every list of the audit log is read from an index: no scan, no sort in memory, and no more rows than wanted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.mongo.audit.audit_log import NEWEST_FIRST
from adapters.mongo.audit.mapping import behind, to_query, to_stored
from adapters.mongo.store import MongoStore, mongo_store
from domain.model.audit.records import AuditFilter, AuditId, AuditPosition, AuditRecord
from domain.model.ids import CampaignId, UserId

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
ROWS = 5_000
RARE = 50
"""One row in so many has each of the rare values."""
PAGE = 20
WANTED = {
    "newest": AuditFilter(since=NOW + timedelta(seconds=100), until=NOW + timedelta(seconds=4_000)),
    "newestOfCampaign": AuditFilter(campaign_id=CampaignId("rare")),
    "newestByCaller": AuditFilter(by=UserId("rare"), since=NOW),
    "newestOfOperation": AuditFilter(operation="rare"),
}


def a_row(of: int) -> AuditRecord:
    rare = {name for place, name in enumerate(("campaign", "by", "operation", "person")) if of % RARE == place}
    return AuditRecord(
        id=AuditId(f"row-{of:06}"),
        at=NOW + timedelta(seconds=of),
        by=UserId("rare" if "by" in rare else "staff"),
        operation="rare" if "operation" in rare else "reserveCodes",
        campaign_id=CampaignId("rare" if "campaign" in rare else "tour"),
        request_id=None,
        asked={"userId": "ann"} if "person" in rare else {"count": 1},
        outcome={"result": "done"},
    )


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[MongoStore]:
    async with mongo_store(database_url) as store:
        await store.migrate()
        await store.database["audit"].insert_many([to_stored(a_row(of)) for of in range(ROWS)])
        yield store


async def explained(store: MongoStore, query: dict[str, Any]) -> tuple[set[str], set[str], dict[str, Any]]:
    """The indexes and the stages of the plan, and what it cost to read one page."""
    cursor = store.database["audit"].find(query, sort=NEWEST_FIRST, limit=PAGE)
    plan: Any = await cursor.explain()
    stages = list(parts(plan["queryPlanner"]["winningPlan"]))
    used = {stage["indexName"] for stage in stages if "indexName" in stage}
    return used, {stage["stage"] for stage in stages if "stage" in stage}, plan["executionStats"]


def parts(node: Any) -> Any:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts(inner)


@pytest.mark.parametrize("index", WANTED)
@pytest.mark.parametrize("second_page", [False, True])
async def test_each_filter_has_an_index(store: MongoStore, index: str, second_page: bool) -> None:
    query = to_query(WANTED[index])
    if second_page:
        middle = a_row(ROWS // 2)
        query = {"$and": [query, behind(AuditPosition(middle.at, middle.id))]}

    used, stages, cost = await explained(store, query)

    assert used == {index}
    assert stages.isdisjoint({"COLLSCAN", "SORT"})
    assert cost["nReturned"] == PAGE
    assert cost["totalDocsExamined"] <= PAGE + 1


async def test_the_rows_of_a_person_have_two(store: MongoStore) -> None:
    used, stages, cost = await explained(store, {"$or": [{"by": "ann"}, {"people": "ann"}]})

    assert used == {"newestByCaller", "aboutPerson"}
    assert stages.isdisjoint({"COLLSCAN", "SORT"})
    assert cost["totalDocsExamined"] <= PAGE + 1
