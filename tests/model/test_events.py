"""The published events of a registration, field by field (entry-service REQ-010)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from domain.model.cloud_events import outgoing
from domain.model.ids import BallotId, CampaignId, DrawId, UserId
from domain.model.messaging.messages import RequestContext, StoredMessage, entry_data, message_data
from domain.model.registrations.entry import (
    AllocatedPlace,
    BackgroundTask,
    Details,
    Entry,
    EntryEvent,
    Fraud,
    FraudStatus,
    Selection,
)
from domain.model.registrations.markets import MarketId
from domain.model.registrations.phones import PhoneNumber

BALLOT = BallotId("0123456789abcdef0123456789abcdef")
AT = datetime(2026, 11, 21, 12, 0, 0, 123_000, tzinfo=UTC)


def _entry() -> Entry:
    details = Details(
        phone=PhoneNumber("+46701234567"),
        markets=(MarketId("nyc"), MarketId("bos")),
        email="fan@example.com",
        first_name="Ada",
        opt_ins={"news": True},
        attributes={"size": "M"},
    )
    entry = Entry.register(CampaignId("tour"), UserId("fan-1"), details, AT)
    return replace(entry, id="entry-1", ballot_id=BALLOT).with_event(EntryEvent.CREATED, AT)


def test_an_entry_has_the_fields_of_the_contract() -> None:
    assert entry_data(_entry()) == {
        "id": "entry-1",
        "campaignId": "tour",
        "userId": "fan-1",
        "ballotId": BALLOT,
        "status": "pending_confirmation",
        "phone": "+46701234567",
        "phoneConfirmedAt": None,
        "email": "fan@example.com",
        "firstName": "Ada",
        "lastName": None,
        "markets": ["nyc", "bos"],
        "optIns": {"news": True},
        "attributes": {"size": "M"},
        "fanscore": {"status": "pending", "value": None},
        "fraud": {"status": "unavailable", "score": None},
        "selection": "none",
        "allocation": None,
        "revision": 1,
        "createdAt": "2026-11-21T12:00:00.123Z",
        "updatedAt": "2026-11-21T12:00:00.123Z",
    }


def test_fields_that_become_known_later() -> None:
    local = (AT + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=2)))
    entry = replace(
        _entry().confirm(local),
        fanscore=0.0,
        fraud=Fraud(status=FraudStatus.CLEAR, score=3),
    ).select(Selection.SELECTED, AllocatedPlace(market=MarketId("bos"), draw_id=DrawId("draw-1")))

    told = entry_data(entry)

    assert told["status"] == "confirmed"
    assert told["phoneConfirmedAt"] == "2026-11-21T12:00:01.123Z"
    assert told["fanscore"] == {"status": "scored", "value": 0.0}
    assert told["fraud"] == {"status": "clear", "score": 3}
    assert told["selection"] == "selected"
    assert told["allocation"] == {"market": "bos", "drawId": "draw-1"}


def test_a_background_task_has_no_data() -> None:
    """It reads the entry when it runs."""
    assert message_data(BackgroundTask.SEND_RECEIPT, _entry()) is None


def test_an_event_has_the_entry_as_json() -> None:
    entry = _entry()
    assert json.loads(message_data(EntryEvent.CREATED, entry) or "") == entry_data(entry)


def test_an_event_is_published_as_a_cloud_event() -> None:
    entry = _entry()
    message = StoredMessage(
        id="message-1",
        about=EntryEvent.CREATED,
        at=AT,
        campaign_id=entry.campaign_id,
        user_id=entry.user_id,
        revision=1,
        data=message_data(EntryEvent.CREATED, entry),
        request=RequestContext(traceparent="00-1-2-01"),
    )

    event = outgoing(message)

    assert (event.id, event.key, event.traceparent) == ("message-1", "tour:fan-1", "00-1-2-01")
    assert json.loads(event.body) == {
        "specversion": "1.0",
        "id": "message-1",
        "source": "/fangate",
        "type": "fangate.entry.created",
        "subject": "tour/fan-1",
        "time": "2026-11-21T12:00:00.123Z",
        "datacontenttype": "application/json",
        "traceparent": "00-1-2-01",
        "data": entry_data(entry),
    }
    assert "traceparent" not in json.loads(outgoing(replace(message, request=RequestContext())).body)
