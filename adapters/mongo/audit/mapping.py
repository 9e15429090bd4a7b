"""Rows of the audit log, from the model to documents and back."""

from collections.abc import Mapping
from typing import Any

from adapters.mongo.driver import Raw
from domain.model.audit.records import AuditFilter, AuditId, AuditPosition, AuditRecord, Fact, Facts
from domain.model.ids import CampaignId, UserId


def to_stored(record: AuditRecord) -> Raw:
    row: Raw = {
        "_id": record.id,
        "at": record.at,
        "by": record.by,
        "operation": record.operation,
        "campaignId": record.campaign_id,
        "requestId": record.request_id,
        "asked": facts_to_stored(record.asked),
        "outcome": None if record.outcome is None else facts_to_stored(record.outcome),
    }
    return row | {"people": list(people)} if (people := record.people) else row


def from_stored(stored: Raw) -> AuditRecord:
    return AuditRecord(
        id=AuditId(stored["_id"]),
        at=stored["at"],
        by=UserId(stored["by"]),
        operation=stored["operation"],
        campaign_id=None if stored["campaignId"] is None else CampaignId(stored["campaignId"]),
        request_id=stored["requestId"],
        asked=_facts(stored["asked"]),
        outcome=None if stored["outcome"] is None else _facts(stored["outcome"]),
    )


def facts_to_stored(facts: Facts) -> Raw:
    return {name: _to_stored(value) for name, value in facts.items()}


def _to_stored(value: Fact) -> Any:
    if isinstance(value, str) or not isinstance(value, Mapping | tuple | list):
        return value
    return dict(value) if isinstance(value, Mapping) else list(value)


def _facts(stored: Raw) -> Facts:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}


def to_query(wanted: AuditFilter) -> Raw:
    fields = {"campaignId": wanted.campaign_id, "by": wanted.by, "operation": wanted.operation}
    query: Raw = {name: value for name, value in fields.items() if value is not None}
    bounds = {"$gte": wanted.since, "$lt": wanted.until}
    if at := {name: bound for name, bound in bounds.items() if bound is not None}:
        query["at"] = at
    return query


def behind(after: AuditPosition) -> Raw:
    """Rows that are listed after this one. The plain bound on ``at`` is what an index can use."""
    return {
        "$and": [
            {"at": {"$lte": after.at}},
            {"$or": [{"at": {"$lt": after.at}}, {"_id": {"$lt": after.id}}]},
        ]
    }
