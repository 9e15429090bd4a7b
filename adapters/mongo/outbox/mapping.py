"""Between messages and what is stored of them: in their entries, and in collections of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from adapters.mongo.driver import Raw
from adapters.mongo.keys import document_of, key
from domain.model.cloud_events import TYPE_PREFIX
from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import partition_of
from domain.model.messaging.messages import RequestContext, StoredMessage
from domain.model.messaging.relaying import CHANNEL_MESSAGES, Channel, Parked, channel_of, waiting_limit
from domain.model.registrations.entry import BackgroundTask, EntryEvent

PARTITION: Final = "outboxSlot"
DUE: Final = {Channel.EVENTS: "outboxAt", Channel.RETRIES: "retriesAt", Channel.RECEIPTS: "receiptsAt"}
"""Since when the first message of each way waits, or when it is tried again; not there while none waits."""
TEXTS: Final = {channel: sorted(about.value for about in abouts) for channel, abouts in CHANNEL_MESSAGES.items()}

_ABOUT: Final = {about.value: about for about in (*EntryEvent, *BackgroundTask)}


def from_message(message: StoredMessage) -> Raw:
    """Only what is known: most of an outbox would be nulls otherwise."""
    stored = {
        "id": message.id,
        "about": message.about.value,
        "at": message.at,
        "revision": message.revision,
        "data": message.data,
    }
    known = {"requestId": message.request.request_id, "traceparent": message.request.traceparent}
    return stored | {name: value for name, value in known.items() if value is not None}


def first_outbox(messages: Sequence[StoredMessage]) -> Raw:
    """The fields of a document that is not there yet."""
    return _slot(messages) | {"outbox": [from_message(message) for message in messages]} | _dues(messages)


def pushed(messages: Sequence[StoredMessage]) -> tuple[Raw, Raw, Raw]:
    """What to ``$set``, ``$push`` and ``$min`` in a document that is."""
    return _slot(messages), {"outbox": {"$each": [from_message(message) for message in messages]}}, _dues(messages)


def has_room(messages: Sequence[StoredMessage]) -> Raw:
    """Of documents that can take these."""
    return {f"outbox.{waiting_limit(messages) - 1}": {"$exists": False}}


def _slot(messages: Sequence[StoredMessage]) -> Raw:
    return {PARTITION: partition_of(messages[0].campaign_id, messages[0].user_id)}


def _dues(messages: Sequence[StoredMessage]) -> Raw:
    return {DUE[channel_of(message.about)]: message.at for message in reversed(messages)}


def to_message(document: Raw, stored: Raw) -> StoredMessage:
    return StoredMessage(
        id=stored["id"],
        about=_ABOUT[stored["about"]],
        at=stored["at"],
        campaign_id=CampaignId(document["campaignId"]),
        user_id=UserId(document["userId"]),
        revision=stored["revision"],
        data=stored["data"],
        request=RequestContext(request_id=stored.get("requestId"), traceparent=stored.get("traceparent")),
        attempts=stored.get("attempts", 0),
        retry_at=stored.get("retryAt"),
    )


def entry_of(message: StoredMessage) -> Raw:
    """The filter that finds the message's entry."""
    return document_of(message.campaign_id, message.user_id)


def entry_key(message: StoredMessage) -> str:
    return key(message.campaign_id, message.user_id)


def published_row(messages: Sequence[StoredMessage], at: datetime) -> Raw:
    """That they were published and when: not their content, which would outlive the entry."""
    events = [
        {
            "id": message.id,
            "type": f"{TYPE_PREFIX}{message.about.value}",
            "subject": entry_key(message),
            "revision": message.revision,
        }
        for message in messages
    ]
    return {"publishedAt": at, "events": events}


def parked_row(parked: Parked) -> Raw:
    message = parked.message
    return {
        "_id": message.id,
        "campaignId": message.campaign_id,
        "userId": message.user_id,
        "message": from_message(message),
        "attempts": message.attempts,
        "reason": parked.reason,
        "parkedAt": parked.since,
    }


def to_parked(document: Raw) -> Parked:
    message = replace(to_message(document, document["message"]), attempts=document["attempts"])
    return Parked(message=message, reason=document["reason"], since=document["parkedAt"])


def without(ids: list[str]) -> Raw:
    """The messages but for these."""
    others = {"$not": [{"$in": ["$$this.id", ids]}]}
    return {"$filter": {"input": {"$ifNull": ["$outbox", []]}, "cond": others}}


def changed(outbox: Raw, channel: Channel) -> list[Raw]:
    """The outbox becomes this, and its first message of the way tells when the entry is due."""
    return [{"$set": {"outbox": outbox}}, {"$set": {DUE[channel]: first_due(channel)}}]


def first_due(channel: Channel) -> Raw:
    going = {"$filter": {"input": "$outbox", "cond": {"$in": ["$$this.about", TEXTS[channel]]}}}
    due = {"$ifNull": ["$$first.retryAt", "$$first.at", "$$REMOVE"]}
    return {"$let": {"vars": {"first": {"$first": going}}, "in": due}}
