"""Between the model's words for registrations and the stored ones.

``EntryDocument`` declares the fields. Here is only what is not stored as it is.
"""

from dataclasses import replace
from typing import Final

from adapters.mongo.driver import Raw
from adapters.mongo.entries.choices import CHOICE, choice_of, prefs
from adapters.mongo.entries.documents import (
    EntryDocument,
    StoredAllocation,
    StoredChallenge,
    StoredVerification,
)
from adapters.mongo.entries.history import HISTORY, first_history, pushed_history, to_history
from adapters.mongo.entries.search_keys import search_keys
from adapters.mongo.entries.statuses import ERASED, LIVE, WITHDRAWN
from adapters.mongo.field_map import PAIRS, Conversion, FieldMap
from adapters.mongo.keys import NEVER_INSERT, document_of, key
from adapters.mongo.outbox.mapping import first_outbox, has_room, pushed
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.messages import NO_REQUEST, RequestContext, messages_of
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import (
    AllocatedPlace,
    Details,
    Entry,
    Fraud,
    FraudStatus,
    Selection,
    Verification,
)
from domain.model.registrations.history import EntryWithHistory
from domain.model.registrations.markets import MarketId, Preferences
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.withdrawal import Withdrawn


def markets_of(document: Raw) -> Preferences:
    return tuple(MarketId(market) for market in document["markets"])


_FRAUD_STATUSES: Final = {one.value: one for one in FraudStatus}


def to_fraud(stored: Raw) -> Fraud:
    """Processes of version 0.1 do not know ``not_asked``, so it is kept beside what they know."""
    if not stored.get("asked", True):
        return Fraud(status=FraudStatus.NOT_ASKED)
    return Fraud(status=_FRAUD_STATUSES[stored["status"]], score=stored["score"])


def _from_fraud(fraud: Fraud) -> Raw:
    if fraud.status is FraudStatus.NOT_ASKED:
        return {"status": FraudStatus.UNAVAILABLE.value, "score": None, "asked": False}
    return {"status": fraud.status.value, "score": fraud.score}


_ENTRY: Final = FieldMap(
    Entry,
    EntryDocument,
    renamed={"id": "entry_id"},
    conversions={
        "fraud": Conversion(_from_fraud, to_fraud),
        "selection": Conversion(str, {one.value: one for one in Selection}.__getitem__),
    },
    apart={"details", "verification", "messages", "allocation"},
)
_DETAILS: Final = FieldMap(
    Details,
    EntryDocument,
    conversions={"markets": Conversion(list, tuple), "opt_ins": PAIRS, "attributes": PAIRS},
)
_VERIFICATION: Final = FieldMap(Verification, StoredVerification, apart={"challenge"})
_ALLOCATION: Final = FieldMap(AllocatedPlace, StoredAllocation)
_CHALLENGE: Final = FieldMap(Challenge, StoredChallenge, apart={"campaign_id", "user_id"})

_LOADED: Final = {*_ENTRY.stored_names, *_DETAILS.stored_names, "verification", "allocation", "id", "status"}
ENTRY_FIELDS: Final = {
    str(field.alias): 0 for field in EntryDocument.model_fields.values() if field.alias not in _LOADED
}
"""The projection that loads an entry: not what is derived for indexes, nor the messages, which the relay reads."""
WITH_HISTORY: Final = {name: shown for name, shown in ENTRY_FIELDS.items() if name != HISTORY}
"""The same, for staff."""


def as_loaded(entry: Entry) -> Entry:
    """What ``to_entry`` would make of it once it is stored."""
    return replace(entry, messages=())


def live_entry(document: Raw | None) -> Entry | None:
    """None if there is no entry, or it was withdrawn."""
    return to_entry(document) if document and document["status"] in LIVE else None


def entry_or_withdrawn(document: Raw) -> Entry | Withdrawn:
    return live_entry(document) or to_withdrawn(document)


def to_withdrawn(document: Raw) -> Withdrawn:
    """Of a document that is not live."""
    return Withdrawn(
        id=document["entryId"],
        campaign_id=CampaignId(document["campaignId"]),
        user_id=UserId(document["userId"]),
        revision=document["revision"],
        version=document["version"],
        created_at=document["createdAt"],
        withdrawn_at=document["updatedAt"],
        event_id="",
        erased=document["status"] == ERASED,
    )


def to_entry(document: Raw) -> Entry:
    place = document.get("allocation")
    return _ENTRY.read(
        document,
        details=_DETAILS.read(document),
        verification=_to_verification(document),
        allocation=_ALLOCATION.read(place) if place else None,
        messages=(),
    )


def to_entry_with_history(document: Raw) -> EntryWithHistory:
    """Of a document that was loaded WITH_HISTORY."""
    return EntryWithHistory(entry=to_entry(document), history=to_history(document))


def _to_verification(document: Raw) -> Verification | None:
    stored = document["verification"]
    if stored is None:
        return None
    challenge = to_challenge(document) if stored["challenge"] else None
    return _VERIFICATION.read(stored, challenge=challenge)


def to_challenge(document: Raw) -> Challenge:
    return _CHALLENGE.read(
        document["verification"]["challenge"],
        campaign_id=CampaignId(document["campaignId"]),
        user_id=UserId(document["userId"]),
    )


def _from_entry(entry: Entry) -> Raw:
    """With what is derived for indexes."""
    stored = _ENTRY.write(entry)
    stored.update(_DETAILS.write(entry.details))
    stored["verification"] = _from_verification(entry.verification)
    stored["allocation"] = _ALLOCATION.write(entry.allocation) if entry.allocation else None
    stored["status"] = entry.status.value
    stored["prefs"] = prefs(entry.details.markets)
    stored[CHOICE] = choice_of(entry.details.markets)
    stored["searchKeys"] = search_keys(entry.details.phone, entry.details.email)
    if entry.ballot_id is None:
        del stored["ballotId"]  # A migration may have given one since the entry was read.
    return stored


def _from_verification(verification: Verification | None) -> Raw | None:
    if verification is None:
        return None
    challenge = verification.challenge
    stored = _CHALLENGE.write(challenge) if challenge else None
    return _VERIFICATION.write(verification) | {"challenge": stored}


def new_document(entry: Entry, request: RequestContext = NO_REQUEST) -> Raw:
    """A document that is not there yet, with the messages that the entry begins with."""
    document: Raw = {"_id": key(entry.campaign_id, entry.user_id)} | _from_entry(entry)
    if entry.confirmed:
        document["phoneKey"] = phone_key(entry.details.phone)
    if entry.messages:
        document |= first_outbox(messages_of(entry, request)) | first_history(entry, request.by)
    return document


def withdrawn_document(withdrawn: Withdrawn, pseudonym: str | None = None) -> Raw:
    """The whole document of a withdrawn entry, but for its messages. ``pseudonym``: of an erased person."""
    empty: Raw = dict.fromkeys(
        ("phone", "phoneConfirmedAt", "email", "firstName", "lastName", "fanscore", "score")
    )
    empty |= {"markets": [], "prefs": [], "optIns": [], "attributes": [], "verification": None}
    return empty | {
        "_id": key(withdrawn.campaign_id, withdrawn.user_id),
        "entryId": withdrawn.id,
        "campaignId": withdrawn.campaign_id,
        "userId": withdrawn.user_id,
        "status": ERASED if withdrawn.erased else WITHDRAWN,
        "pseudonym": pseudonym,
        "fraud": _from_fraud(Fraud(status=FraudStatus.NOT_ASKED)),
        "selection": Selection.NONE.value,
        "receiptDue": False,
        "revision": withdrawn.revision,
        "version": withdrawn.version,
        "withdrawnRevision": withdrawn.revision,
        "createdAt": withdrawn.created_at,
        "updatedAt": withdrawn.withdrawn_at,
    }


def compare_and_set(before: Entry | Withdrawn, after: Entry, request: RequestContext) -> tuple[Raw, Raw]:
    """Filter and update that make ``before`` into ``after``, its messages included.

    They find nothing if the entry has changed meanwhile, or if too many of its messages wait.
    """
    assert after.version > before.version, "a change raises the version"
    wanted, fields = as_read(before), _from_entry(after)
    update: Raw = {"$set": fields} | NEVER_INSERT
    if not after.confirmed:
        # Processes of version 0.1 change phones without their keys: one that is left would be another phone's.
        update["$unset"] = {"phoneKey": ""}
    elif isinstance(before, Withdrawn) or not before.confirmed or before.details.phone != after.details.phone:
        fields["phoneKey"] = phone_key(after.details.phone)
    if isinstance(before, Withdrawn):
        fields["pseudonym"] = None
    if not after.messages:
        return wanted, update
    messages = messages_of(after, request)
    partition, push, dues = pushed(messages)
    push |= pushed_history(after, request.by)
    return wanted | has_room(messages), update | {"$set": fields | partition, "$push": push, "$min": dues}


def as_read(entry: Entry | Withdrawn) -> Raw:
    """Finds the entry if it has not changed since."""
    return document_of(entry.campaign_id, entry.user_id) | {"version": entry.version}
