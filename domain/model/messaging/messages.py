"""Messages of registrations, and how they are stored until the worker has passed them on (entry-service
REQ-010)."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """The request that made a change. Its messages carry it, so that logs and traces can be connected."""

    request_id: str | None = None
    traceparent: str | None = None
    """W3C Trace Context."""


NO_REQUEST: Final = RequestContext()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message as it was stored with the change that left it."""

    id: str
    about: EntryEvent | BackgroundTask
    at: datetime
    campaign_id: CampaignId
    user_id: UserId
    revision: int
    data: str | None = field(default=None, repr=False)
    """The entry after the change, as the JSON text to publish. None for a background task, which reads the entry
    when it runs."""
    request: RequestContext = NO_REQUEST
    attempts: int = 0
    """How often the message was refused."""
    retry_at: datetime | None = None
    """When the message may be tried again."""


def messages_of(entry: Entry, request: RequestContext) -> list[StoredMessage]:
    """The messages that a change stores with the entry. Entries are loaded without messages, so all are new."""
    return [
        StoredMessage(
            id=message.id,
            about=message.about,
            at=message.at,
            campaign_id=entry.campaign_id,
            user_id=entry.user_id,
            revision=entry.revision,
            data=message_data(message.about, entry),
            request=request,
        )
        for message in entry.messages
    ]


def message_data(about: EntryEvent | BackgroundTask, entry: Entry) -> str | None:
    """The JSON text of an event's data. It is encoded once, when the change is stored, and not decoded on its
    way."""
    if not isinstance(about, EntryEvent):
        return None
    return json.dumps(entry_data(entry), ensure_ascii=False, separators=(",", ":"))


def entry_data(entry: Entry) -> dict[str, object]:
    """The entry with the field names of docs/asyncapi.json, without its confirmation."""
    details = entry.details
    return {
        "id": entry.id,
        "campaignId": entry.campaign_id,
        "userId": entry.user_id,
        "status": entry.status.value,
        "phone": details.phone,
        "phoneConfirmedAt": None if entry.phone_confirmed_at is None else instant(entry.phone_confirmed_at),
        "email": details.email,
        "firstName": details.first_name,
        "lastName": details.last_name,
        "markets": list(details.markets),
        "optIns": dict(details.opt_ins),
        "attributes": dict(details.attributes),
        "fanscore": {"status": entry.fanscore_status, "value": entry.fanscore},
        "fraud": {"status": entry.fraud.status.value, "score": entry.fraud.score},
        "selection": entry.selection.value,
        "revision": entry.revision,
        "createdAt": instant(entry.created_at),
        "updatedAt": instant(entry.updated_at),
    }


def instant(time: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds and ``Z``."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
