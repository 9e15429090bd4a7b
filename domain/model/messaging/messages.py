"""Messages of registrations, and how they are stored until the worker has passed them on (entry-service
REQ-010)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.entry import BackgroundTask, Entry, EntryEvent
from domain.model.registrations.withdrawal import Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """The request that made a change. Its messages carry it, so that logs and traces can be connected."""

    request_id: str | None = None
    traceparent: str | None = None
    """W3C Trace Context."""
    by: UserId | None = None
    """The caller. It goes into the history of what the request changes, and never into a message."""


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
    request = without_caller(request)
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


def without_caller(request: RequestContext) -> RequestContext:
    return request if request.by is None else replace(request, by=None)


def withdrawal_message(withdrawn: Withdrawn, request: RequestContext) -> StoredMessage:
    """The event that reports a withdrawal or an erasure."""
    return StoredMessage(
        id=withdrawn.event_id,
        about=EntryEvent.ERASED if withdrawn.erased else EntryEvent.WITHDRAWN,
        at=withdrawn.withdrawn_at,
        campaign_id=withdrawn.campaign_id,
        user_id=withdrawn.user_id,
        revision=withdrawn.revision,
        data=withdrawn_data(withdrawn, withdrawn.revision, withdrawn.withdrawn_at),
        request=without_caller(request),
    )


_KEPT: Final = ("id", "campaignId", "userId", "createdAt", "revision", "updatedAt")
"""What stays of an event's data when its entry is withdrawn."""


def without_personal_data(message: StoredMessage) -> StoredMessage | None:
    """A message of an entry that was withdrawn. None for a background task: there is nothing left to do.

    An event is published all the same, so that the revisions have no gap, but with ids and times only.
    """
    if message.data is None:
        return None
    data = json.loads(message.data)
    return replace(message, data=_text({name: data[name] for name in _KEPT}))


PERSONAL: Final = frozenset({"phone", "email", "firstName", "lastName", "attributes", "ballotId"})
"""The members of an event's data that say who the fan is, or which line of a draw is the fan's."""


def impersonal_data(data: str) -> str:
    """The JSON text without the personal members."""
    return _text({name: value for name, value in json.loads(data).items() if name not in PERSONAL})


def withdrawn_data(withdrawn: Withdrawn, revision: int, at: datetime) -> str:
    """The JSON text of an event's data after the withdrawal."""
    head, between, end = withdrawn_data_parts(withdrawn)
    return f"{head}{revision}{between}{instant(at)}{end}"


def withdrawn_data_parts(withdrawn: Withdrawn) -> tuple[str, str, str]:
    """The text before the revision, between revision and time, and after the time. A store may put them together
    itself."""
    known = {
        "id": withdrawn.id,
        "campaignId": withdrawn.campaign_id,
        "userId": withdrawn.user_id,
        "createdAt": instant(withdrawn.created_at),
    }
    return f'{_text(known)[:-1]},"revision":', ',"updatedAt":"', '"}'


def message_data(about: EntryEvent | BackgroundTask, entry: Entry) -> str | None:
    """The JSON text of an event's data. It is encoded once, when the change is stored, and not decoded on its
    way."""
    if not isinstance(about, EntryEvent):
        return None
    return _text(entry_data(entry))


def _text(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def entry_data(entry: Entry) -> dict[str, object]:
    """The entry with the field names of docs/asyncapi.json, without its confirmation."""
    details, place = entry.details, entry.allocation
    return {
        "id": entry.id,
        "campaignId": entry.campaign_id,
        "userId": entry.user_id,
        "ballotId": entry.ballot_id,
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
        "allocation": None if place is None else {"market": place.market, "drawId": place.draw_id},
        "revision": entry.revision,
        "createdAt": instant(entry.created_at),
        "updatedAt": instant(entry.updated_at),
    }


def instant(time: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds and ``Z``."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
