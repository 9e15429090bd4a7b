"""The messages of an entry that is withdrawn: what becomes of those that wait."""

from adapters.mongo.driver import Raw
from adapters.mongo.outbox.mapping import DUE, PARTITION, TEXTS, from_message
from domain.model.messaging.leases import partition_of
from domain.model.messaging.messages import StoredMessage, withdrawn_data_parts
from domain.model.messaging.relaying import Channel
from domain.model.registrations.withdrawal import Withdrawn

_INSTANT = "%Y-%m-%dT%H:%M:%S.%LZ"


def outbox_after(withdrawn: Withdrawn, message: StoredMessage) -> Raw:
    """The fields of the outbox, as expressions over the document before the withdrawal.

    Events stay, with ids and times only. Receipts and retries are gone. ``message`` is the last one.
    """
    event = {"$in": ["$$this.about", TEXTS[Channel.EVENTS]]}
    events = {"$filter": {"input": {"$ifNull": ["$outbox", []]}, "cond": event}}
    reduced = {"$map": {"input": events, "in": {"$mergeObjects": ["$$this", {"data": _data(withdrawn)}]}}}
    return {
        "outbox": {"$concatArrays": [reduced, [{"$literal": from_message(message)}]]},
        PARTITION: {"$literal": partition_of(withdrawn.campaign_id, withdrawn.user_id)},
        DUE[Channel.EVENTS]: {"$ifNull": [f"${DUE[Channel.EVENTS]}", {"$literal": message.at}]},
    }


def _data(withdrawn: Withdrawn) -> Raw:
    """``withdrawn_data``, put together by the server, which alone knows the messages that wait.

    Messages of an earlier registration, which was withdrawn before, have lost their data already.
    """
    head, between, end = ({"$literal": part} for part in withdrawn_data_parts(withdrawn))
    at = {"$dateToString": {"date": "$$this.at", "format": _INSTANT}}
    text = {"$concat": [head, {"$toString": "$$this.revision"}, between, at, end]}
    before = {"$lte": ["$$this.revision", {"$ifNull": ["$withdrawnRevision", 0]}]}
    return {"$cond": [before, "$$this.data", text]}
