"""The AsyncAPI 3.0 document of the published events, and of what consumers can rely on.

``python -m entrypoints.http.openapi.asyncapi > docs/asyncapi.json`` writes it anew.
"""

import importlib.metadata
import json
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.model.cloud_events import MEDIA_TYPE, SOURCE, SPEC_VERSION, TYPE_PREFIX
from domain.model.ids import CAMPAIGN_ID, USER_ID
from domain.model.messaging.messages import PERSONAL
from domain.model.registrations.entry import EntryEvent
from entrypoints.http.entries.body import CONFIRMED, EXAMPLE, EntryBody
from entrypoints.http.wire import Instant, Wire

Document = dict[str, Any]

_REF: Final = "#/components/schemas/"
_END: Final = r"$(?!\n)"
_TRACEPARENT: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HAPPENED: Final = {
    EntryEvent.CREATED: "A fan registered.",
    EntryEvent.UPDATED: "A registration changed: details, fanscore, fraud assessment or preferences.",
    EntryEvent.PHONE_CONFIRMED: "A fan confirmed the phone.",
    EntryEvent.TRANSFERRED: "A registration was moved from one market to another.",
    EntryEvent.SELECTED: "A fan was selected, waitlisted, declined, or none of these any more.",
    EntryEvent.WITHDRAWN: "A registration was withdrawn. Delete what you hold of it.",
    EntryEvent.ERASED: "The person was erased. Delete what you hold of the registration, its ids too.",
}
_GONE: Final = frozenset({EntryEvent.WITHDRAWN, EntryEvent.ERASED})
_NOT_ALWAYS: Final = "Missing where FANGATE_EVENT_PERSONAL is `none`."
_PROMISE: Final = """\
Every stored change of a registration is published as one CloudEvent, which carries the registration as that
change made it.

- **At least once.** Once Fangate has answered, the event will be published, whatever crashes. It may come again:
  drop what has an `id` that you have seen.
- **In order for each fan of a campaign.** Those are the events of one key, and of one `subject`; without the
  repeats they come in the order of `data.revision`. Different keys have no order.
- **Withdrawn, erased.** `fangate.entry.withdrawn` and `fangate.entry.erased` have ids and times only. Events that
  waited come before them, without personal data too: their `data` is a `WithdrawnBody`. The fan may register again
  with another `data.id`. After `withdrawn`, `data.revision` goes on; after `erased` it may begin anew, so forget
  what you know of that key.
- **Without personal data.** Where `FANGATE_EVENT_PERSONAL` is `none`, no event has `phone`, `email`, `firstName`,
  `lastName`, `attributes` and `ballotId`.
- **More may come.** New fields and new types are added without notice; ignore what you do not know. Nothing is
  renamed or taken away without a new type."""


class WithdrawnBody(Wire):
    """What an event carries of a registration that is withdrawn."""

    id: str
    campaign_id: str
    user_id: str
    created_at: Instant
    revision: int
    updated_at: Instant


class CloudEvent(Struct, rename="lower", kw_only=True):
    specversion: Literal["1.0"]
    id: Annotated[str, Meta(description="The same when the event is published again.")]
    source: Literal["/fangate"]
    type: str
    subject: Annotated[str, Meta(description="`{campaignId}/{userId}`")]
    time: Instant
    datacontenttype: Literal["application/json"]
    traceparent: Annotated[str, Meta(description="W3C Trace Context of the request.")] | UnsetType = UNSET
    data: EntryBody


def asyncapi() -> Document:
    """The whole document, as a JSON-able dictionary."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fangate's events",
            "version": importlib.metadata.version("fangate"),
            "description": _PROMISE,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": MEDIA_TYPE,
        "channels": {"entries": _channel()},
        "operations": {
            "publishEntryEvents": {
                "action": "send",
                "channel": {"$ref": "#/channels/entries"},
                "summary": "Fangate publishes every change of a registration.",
            }
        },
        "components": {
            "messages": {_name(about): _message(about) for about in EntryEvent},
            "messageTraits": {"keyed": _keyed()},
            "schemas": _schemas(),
        },
    }


def _name(about: EntryEvent) -> str:
    return f"{TYPE_PREFIX}{about.value}"


def _channel() -> Document:
    return {
        "address": None,
        "title": "Registrations",
        "description": (
            "The stream that FANGATE_STREAM names: a Kafka topic (`kafka://host:port/topic`), an Amazon Kinesis "
            "data stream (`kinesis://stream-name`), or what an installed package brings."
        ),
        "messages": {_name(about): {"$ref": f"#/components/messages/{_name(about)}"} for about in EntryEvent},
        "bindings": {"kafka": {"bindingVersion": "0.5.0"}},
    }


def _message(about: EntryEvent) -> Document:
    return {
        "name": _name(about),
        "title": _name(about),
        "summary": HAPPENED[about],
        "contentType": MEDIA_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/keyed"}],
        "payload": {
            "allOf": [{"$ref": f"{_REF}CloudEvent"}, {"properties": _only(about)}],
        },
        "examples": [{"name": about.value, "payload": _example(about)}],
    }


def _only(about: EntryEvent) -> Document:
    """What this type has, and not every event."""
    own: Document = {"type": {"const": _name(about)}}
    return own | {"data": {"$ref": f"{_REF}WithdrawnBody"}} if about in _GONE else own


def _keyed() -> Document:
    """Headers and keys of all messages."""
    campaign, user = (pattern.removeprefix("^").removesuffix(_END) for pattern in (CAMPAIGN_ID, USER_ID))
    key = {"type": "string", "pattern": f"^{campaign}:{user}$", "description": "`{campaignId}:{userId}`"}
    return {
        "headers": {
            "type": "object",
            "description": "In Kafka; Kinesis has none.",
            "properties": {"content-type": {"const": MEDIA_TYPE}, "traceparent": {"type": "string"}},
            "required": ["content-type"],
        },
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
        "x-kinesis": {"partitionKey": key},
    }


def _schemas() -> Document:
    """Those of the wire types, open for fields to come; of a registration all but its confirmation, which is the
    fan's own."""
    _, found = msgspec.json.schema_components([CloudEvent, WithdrawnBody], ref_template=f"{_REF}{{name}}")
    schemas: Document = {name: schema for name, schema in found.items() if name != "ConfirmationBody"}
    entry = schemas["EntryBody"]
    del entry["properties"]["confirmation"]
    entry["required"] = [name for name in entry["required"] if name not in PERSONAL | {"confirmation"}]
    for name in PERSONAL:
        known = entry["properties"][name].get("description", "")
        entry["properties"][name]["description"] = f"{known} {_NOT_ALWAYS}".strip()
    either = [{"$ref": f"{_REF}EntryBody"}, {"$ref": f"{_REF}WithdrawnBody"}]
    schemas["CloudEvent"]["properties"]["data"] = {"anyOf": either}
    schemas["CloudEvent"]["properties"]["type"]["pattern"] = rf"^{TYPE_PREFIX.replace('.', '[.]')}[a-z_]+$"
    for schema in schemas.values():
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    return schemas


def _example(about: EntryEvent) -> Document:
    entry = EXAMPLE if about is EntryEvent.CREATED else CONFIRMED
    shown = WithdrawnBody.__struct_encode_fields__ if about in _GONE else entry.keys() - {"confirmation"}
    return {
        "specversion": SPEC_VERSION,
        "id": "8d1c0b6f3a5e4c7d9f2b1a0c4e6d8f70",
        "source": SOURCE,
        "type": _name(about),
        "subject": f"{entry['campaignId']}/{entry['userId']}",
        "time": entry["updatedAt"],
        "datacontenttype": "application/json",
        "traceparent": _TRACEPARENT,
        "data": {name: value for name, value in entry.items() if name in shown},
    }


if __name__ == "__main__":
    print(json.dumps(asyncapi(), indent=2, ensure_ascii=False))  # noqa: T201  # it is written to standard output
