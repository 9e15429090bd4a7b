"""What neighbours are told of registrations, and what is kept of it until a worker has told them (REQ-010)."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Which request made a change, so that what comes of it can be followed back."""

    request_id: str | None = None
    traceparent: str | None = None
    """W3C Trace Context."""


NO_REQUEST: Final = RequestContext()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message on its way out, as the change that left it stored it."""

    id: str
    about: EntryEvent | BackgroundTask
    at: datetime
    campaign_id: CampaignId
    user_id: UserId
    revision: int
    data: str | None = field(default=None, repr=False)
    """The entry as the change made it, as the JSON that is published; nothing for an errand, which looks at the
    entry as it is when it is run."""
    request: RequestContext = NO_REQUEST
    attempts: int = 0
    """How often it was refused."""
    retry_at: datetime | None = None
    """When it may be tried again."""


def messages_of(entry: Entry, request: RequestContext) -> list[StoredMessage]:
    """What a change stores beside the entry. Entries are loaded without messages, so all of them are its own."""
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
    """Written once, when the change is stored: from there to the stream nobody needs to look into it."""
    if not isinstance(about, EntryEvent):
        return None
    return json.dumps(entry_data(entry), ensure_ascii=False, separators=(",", ":"))


def entry_data(entry: Entry) -> dict[str, object]:
    """The entry in the words of the published contract, without its confirmation."""
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
