"""Events as the world reads them: CloudEvents 1.0 in their JSON form."""

import json
from dataclasses import dataclass, field
from typing import Final

from domain.model.messaging.messages import StoredMessage, instant
from domain.model.registrations.entry import EntryEvent

SPEC_VERSION: Final = "1.0"
SOURCE: Final = "/fangate"
TYPE_PREFIX: Final = "fangate.entry."
MEDIA_TYPE: Final = "application/cloudevents+json"

_encoder: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEvent:
    """What a stream takes: it need not look into ``body``."""

    id: str
    """Also the dedupe key: an event that is published again has the same."""
    key: str
    """The partition key, ``{campaignId}:{userId}``: events of one key stay in their order."""
    body: bytes = field(repr=False)
    """A CloudEvent, as UTF-8 JSON of MEDIA_TYPE."""
    traceparent: str | None = None
    """W3C Trace Context of the change, for streams that have headers; it is in the body too."""
    request_id: str | None = None
    """Of the request that made the change; ours, and not sent."""


def outgoing(message: StoredMessage) -> OutgoingEvent:
    """The event that a message about an entry becomes, as the AsyncAPI document describes it."""
    assert isinstance(message.about, EntryEvent), "an errand is nothing to publish"
    assert message.data is not None, "an event carries its entry"
    head: dict[str, object] = {
        "specversion": SPEC_VERSION,
        "id": message.id,
        "source": SOURCE,
        "type": f"{TYPE_PREFIX}{message.about.value}",
        "subject": f"{message.campaign_id}/{message.user_id}",
        "time": instant(message.at),
        "datacontenttype": "application/json",
    }
    if message.request.traceparent is not None:
        head["traceparent"] = message.request.traceparent  # the extension "Distributed Tracing"
    # The stored text goes in as it is: an object of JSON, without its last brace, and one more member.
    text = f'{_encoder.encode(head)[:-1]},"data":{message.data}}}'
    return OutgoingEvent(
        id=message.id,
        key=f"{message.campaign_id}:{message.user_id}",
        body=text.encode(),
        traceparent=message.request.traceparent,
        request_id=message.request.request_id,
    )
