"""The clock's rules as filters: each says of stored codes what ``Code.status(now)`` says of loaded ones."""

from collections.abc import Sequence
from datetime import datetime

from adapters.mongo.driver import Raw
from domain.model.codes.code import CodeStatus, CodeType
from domain.model.codes.inventory import CodeFilter
from domain.model.ids import CampaignId, ImportId, ReserveId

AVAILABLE, RESERVED, ASSIGNED = (status.value for status in CodeStatus)


def lapsed(now: datetime) -> Raw:
    return {"status": RESERVED, "hold.expiresAt": {"$lte": now}}


def live(now: datetime) -> Raw:
    return {"status": RESERVED, "hold.expiresAt": {"$gt": now}}


def reserved_anywhere() -> Raw:
    """In all campaigns; the condition on them is what lets the index of deadlines serve."""
    return {"campaignId": {"$gt": ""}, "status": RESERVED}


def in_pool(campaign_id: CampaignId, type: CodeType) -> Raw:
    return {"campaignId": campaign_id, "type": type.value}


def under(campaign_id: CampaignId, reserve_ids: Sequence[ReserveId]) -> Raw:
    """Codes that fill positions of these reservations: held, lapsed or assigned."""
    return {"campaignId": campaign_id, "hold.reserveId": {"$in": [*reserve_ids]}, "hold.open": True}


def held_by(campaign_id: CampaignId, reserve_id: ReserveId, now: datetime) -> Raw:
    return under(campaign_id, [reserve_id]) | live(now)


def stored_by(campaign_id: CampaignId, import_id: ImportId) -> Raw:
    return {"campaignId": campaign_id, "origin.importId": import_id}


def matching(campaign_id: CampaignId, wanted: CodeFilter, now: datetime) -> Raw:
    """The filter's conditions on codes of one campaign; not on where the page begins."""
    conditions: list[Raw] = [{"campaignId": campaign_id}]
    if wanted.code is not None:
        conditions.append({"code": wanted.code})
    if wanted.type is not None:
        conditions.append({"type": wanted.type.value})
    if wanted.status is not None:
        conditions.append(_with_status(wanted.status, now))
    if wanted.user_id is not None:
        conditions.append({"status": ASSIGNED, "assignedTo": wanted.user_id})
    if wanted.import_id is not None:
        conditions.append(stored_by(campaign_id, wanted.import_id))
    if wanted.reserve_id is not None:
        assigned = {"campaignId": campaign_id, "hold.reserveId": wanted.reserve_id, "status": ASSIGNED}
        conditions.append({"$or": [held_by(campaign_id, wanted.reserve_id, now), assigned]})
    return {"$and": conditions}


def _with_status(status: CodeStatus, now: datetime) -> Raw:
    match status:
        case CodeStatus.AVAILABLE:
            return {"$or": [{"status": AVAILABLE}, lapsed(now)]}
        case CodeStatus.RESERVED:
            return live(now)
        case CodeStatus.ASSIGNED:
            return {"status": ASSIGNED}
