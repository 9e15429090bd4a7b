"""Between the model's words for registrations and the stored ones.

By hand, not through the Beanie document: entries pass here thousands of times a second.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from adapters.mongo.driver import Raw
from adapters.mongo.keys import key
from adapters.mongo.outbox.mapping import DUE, PARTITION, first_outbox, has_room, pushed
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import NO_REQUEST, RequestContext, messages_of
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import (
    Details,
    Entry,
    Fraud,
    FraudStatus,
    Selection,
    Verification,
)
from domain.model.registrations.markets import MarketId, Preferences
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber

MOVED_MARKETS: Final = "movedMarkets"
"""A document for each market of a campaign that entries were moved from."""
WITHOUT_OUTBOX: Final = dict.fromkeys(("outbox", PARTITION, *DUE.values(), "prefs", "phoneKey"), 0)
"""The projection that loads an entry: what waits to be told is the relay's business."""


def pref(rank: int, market: str) -> str:
    return f"{rank}:{market}"


def prefs(ranked: Sequence[str]) -> list[str]:
    return [pref(rank, market) for rank, market in enumerate(ranked, start=1)]


def markets_of(document: Raw) -> Preferences:
    return tuple(MarketId(market) for market in document["markets"])


def as_loaded(entry: Entry) -> Entry:
    """What ``to_entry`` would make of it once it is stored."""
    return replace(entry, messages=())


def to_entry(document: Raw) -> Entry:
    return Entry(
        id=document["entryId"],
        campaign_id=CampaignId(document["campaignId"]),
        user_id=UserId(document["userId"]),
        details=_to_details(document),
        phone_confirmed_at=document["phoneConfirmedAt"],
        fanscore=document["fanscore"],
        fanscore_asked=document.get("fanscoreAsked", True),
        fraud=_to_fraud(document["fraud"]),
        selection=Selection(document["selection"]),
        score=document["score"],
        verification=_to_verification(document),
        receipt_due=document["receiptDue"],
        revision=document["revision"],
        version=document["version"],
        created_at=document["createdAt"],
        updated_at=document["updatedAt"],
    )


def _to_fraud(stored: Raw) -> Fraud:
    """Processes of version 0.1 do not know ``not_asked``, so it is kept beside what they know."""
    if not stored.get("asked", True):
        return Fraud(status=FraudStatus.NOT_ASKED)
    return Fraud(status=FraudStatus(stored["status"]), score=stored["score"])


def _from_fraud(fraud: Fraud) -> Raw:
    if fraud.status is FraudStatus.NOT_ASKED:
        return {"status": FraudStatus.UNAVAILABLE.value, "score": None, "asked": False}
    return {"status": fraud.status.value, "score": fraud.score}


def _to_details(document: Raw) -> Details:
    return Details(
        phone=PhoneNumber(document["phone"]),
        markets=markets_of(document),
        email=document["email"],
        first_name=document["firstName"],
        last_name=document["lastName"],
        opt_ins=dict(document["optIns"]),
        attributes=dict(document["attributes"]),
    )


def _to_verification(document: Raw) -> Verification | None:
    stored = document["verification"]
    if stored is None:
        return None
    challenge = to_challenge(document) if stored["challenge"] else None
    return Verification(challenge=challenge, sends=stored["sends"], resend_after=stored["resendAfter"])


def to_challenge(document: Raw) -> Challenge:
    stored = document["verification"]["challenge"]
    return Challenge(
        id=stored["id"],
        campaign_id=CampaignId(document["campaignId"]),
        user_id=UserId(document["userId"]),
        phone=PhoneNumber(stored["phone"]),
        code_hash=bytes(stored["codeHash"]),
        expires_at=stored["expiresAt"],
        attempts=stored["attempts"],
        answered=stored.get("answered", False),
    )


def _from_entry(entry: Entry) -> Raw:
    details = entry.details
    return {
        "entryId": entry.id,
        "campaignId": entry.campaign_id,
        "userId": entry.user_id,
        "status": entry.status.value,
        "phone": details.phone,
        "phoneConfirmedAt": entry.phone_confirmed_at,
        "email": details.email,
        "firstName": details.first_name,
        "lastName": details.last_name,
        "markets": list(details.markets),
        "prefs": prefs(details.markets),
        "optIns": [list(pair) for pair in details.opt_ins.items()],
        "attributes": [list(pair) for pair in details.attributes.items()],
        "fanscore": entry.fanscore,
        "fanscoreAsked": entry.fanscore_asked,
        "fraud": _from_fraud(entry.fraud),
        "selection": entry.selection.value,
        "score": entry.score,
        "verification": _from_verification(entry.verification),
        "receiptDue": entry.receipt_due,
        "revision": entry.revision,
        "version": entry.version,
        "createdAt": entry.created_at,
        "updatedAt": entry.updated_at,
    }


def _from_verification(verification: Verification | None) -> Raw | None:
    if verification is None:
        return None
    return {
        "challenge": _from_challenge(verification.challenge) if verification.challenge else None,
        "sends": verification.sends,
        "resendAfter": verification.resend_after,
    }


def _from_challenge(challenge: Challenge) -> Raw:
    return {
        "id": challenge.id,
        "phone": challenge.phone,
        "codeHash": challenge.code_hash,
        "expiresAt": challenge.expires_at,
        "attempts": challenge.attempts,
        "answered": challenge.answered,
    }


def new_document(entry: Entry, request: RequestContext = NO_REQUEST) -> Raw:
    """A document that is not there yet, with the messages that the entry begins with."""
    document: Raw = {"_id": key(entry.campaign_id, entry.user_id)} | _from_entry(entry)
    if entry.confirmed:
        document["phoneKey"] = phone_key(entry.details.phone)
    if entry.messages:
        document |= first_outbox(messages_of(entry, request))
    return document


def compare_and_set(before: Entry, after: Entry, request: RequestContext) -> tuple[Raw, Raw]:
    """Filter and update that make ``before`` into ``after``, its messages included.

    They find nothing if anyone changed the entry meanwhile, or if too many of its messages wait.
    """
    assert after.version > before.version, "a change raises the version"
    wanted, fields = as_read(before), _from_entry(after)
    update: Raw = {"$set": fields}
    if not after.confirmed:
        # Processes of version 0.1 change phones without their keys: one that is left would be another phone's.
        update["$unset"] = {"phoneKey": ""}
    elif not before.confirmed or before.details.phone != after.details.phone:
        fields["phoneKey"] = phone_key(after.details.phone)
    if not after.messages:
        return wanted, update
    messages = messages_of(after, request)
    partition, push, dues = pushed(messages)
    return wanted | has_room(messages), update | {"$set": fields | partition, "$push": push, "$min": dues}


def as_read(entry: Entry) -> Raw:
    """Finds the entry if nobody has changed it since."""
    return {"_id": key(entry.campaign_id, entry.user_id), "version": entry.version}
