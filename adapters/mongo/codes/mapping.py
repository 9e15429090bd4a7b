"""Between the model's words and the stored ones.

Codes are mapped by hand, not through their Beanie document: they pass here thousands of times a second.
"""

import random
from typing import Final

from pymongo import UpdateOne

from adapters.mongo.driver import Raw
from adapters.mongo.keys import document_of, key
from domain.model.codes.code import (
    HISTORY_LIMIT,
    Code,
    CodeEvent,
    CodeStatus,
    CodeType,
    Hold,
    Provenance,
    Transition,
)
from domain.model.codes.imports import CodeBatch
from domain.model.ids import CampaignId, ImportId, ReserveId, UserId

RANDOM_KEYS: Final = 2**31

LAST_TRANSITION: Final = {"transitions": {"$slice": -1}}
"""The projection that loads what the rules need of a code's history."""


def new_document(batch: CodeBatch, line: int, code: str) -> Raw:
    return {
        "_id": key(batch.campaign_id, code),
        "campaignId": batch.campaign_id,
        "code": code,
        "type": batch.type.value,
        "status": CodeStatus.AVAILABLE.value,
        "slot": random.getrandbits(31),
        "version": 0,
        "origin": {"importId": batch.import_id, "line": line, "at": batch.at, "by": batch.by},
    }


def to_code(document: Raw) -> Code:
    provenance = document["origin"]
    assigned_to = document.get("assignedTo")
    return Code(
        campaign_id=CampaignId(document["campaignId"]),
        text=document["code"],
        type=CodeType(document["type"]),
        provenance=Provenance(
            import_id=ImportId(provenance["importId"]),
            line=provenance["line"],
            at=provenance["at"],
            by=UserId(provenance["by"]),
        ),
        version=document["version"],
        hold=_to_hold(document.get("hold")),
        assigned_to=UserId(assigned_to) if assigned_to is not None else None,
        assigned_at=document.get("assignedAt"),
        transitions=tuple(map(_to_transition, document.get("transitions", ()))),
    )


def _to_hold(stored: Raw | None) -> Hold | None:
    if stored is None:
        return None
    return Hold(
        reserve_id=ReserveId(stored["reserveId"]),
        position=stored["ordinal"],
        count=stored["count"],
        reserved_at=stored["reservedAt"],
        expires_at=stored["expiresAt"],
    )


def _from_hold(hold: Hold) -> Raw:
    return {
        "reserveId": hold.reserve_id,
        "ordinal": hold.position,
        "count": hold.count,
        "reservedAt": hold.reserved_at,
        "expiresAt": hold.expires_at,
        "open": True,
    }


def _to_transition(stored: Raw) -> Transition:
    return Transition(
        event=CodeEvent(stored["event"]),
        at=stored["at"],
        by=stored["by"],
        reserve_id=stored.get("reserveId"),
        user_id=stored.get("userId"),
    )


def _from_transition(transition: Transition, write: str) -> Raw:
    stored: Raw = {"event": transition.event.value, "at": transition.at, "by": transition.by}
    if transition.reserve_id is not None:
        stored["reserveId"] = transition.reserve_id
    if transition.user_id is not None:
        stored["userId"] = transition.user_id
    stored["write"] = write
    return stored


def _stored_status(code: Code) -> CodeStatus:
    if code.assigned_to is not None:
        return CodeStatus.ASSIGNED
    return CodeStatus.RESERVED if code.hold else CodeStatus.AVAILABLE


def compare_and_set(before: Code, after: Code, write: str) -> UpdateOne:
    """The write that makes ``before`` into ``after``, and does nothing if the code has changed meanwhile.

    Each new transition carries the name of the ``write``. So a writer can tell later which changes it made.
    """
    changed: Raw = {"status": _stored_status(after).value, "version": after.version}
    if after.assigned_to is not None:
        changed |= {"assignedTo": after.assigned_to, "assignedAt": after.assigned_at}
    if after.hold is not None:
        changed["hold"] = _from_hold(after.hold)
    happened = [_from_transition(transition, write) for transition in after.transitions[len(before.transitions) :]]
    update: Raw = {
        "$set": changed,
        "$push": {"transitions": {"$each": happened, "$slice": -HISTORY_LIMIT}},
    }
    if after.hold is None:
        update["$unset"] = {"hold": ""}
    return UpdateOne(as_read(before), update)


def close_position(code: Code) -> UpdateOne:
    """The write that frees the position of an assigned code when its reservation is over; it stays assigned."""
    closed = {"hold.open": False, "version": code.version + 1}
    return UpdateOne(as_read(code), {"$set": closed})


def as_read(code: Code) -> Raw:
    """Finds the code if it has not changed since."""
    return document_of(code.campaign_id, code.text) | {"version": code.version}
