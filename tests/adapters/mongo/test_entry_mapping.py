"""Every field of an entry is stored and comes back. Only ``EntryDocument`` lists the stored fields."""

from dataclasses import MISSING, Field, dataclass, fields, replace
from datetime import UTC, timedelta
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions

from adapters.mongo.entries.documents import EntryDocument
from adapters.mongo.entries.mapping import ENTRY_FIELDS, new_document, to_entry
from adapters.mongo.field_map import Conversion, FieldMap
from domain.model.ids import DrawId, new_ballot_id
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
from tests.contracts.registrations.entry_stores import MARKETS, NOW, TOUR, fan, phone

ANN = fan(1)
FILLED = Entry(
    id="entry-1",
    campaign_id=TOUR,
    user_id=ANN,
    ballot_id=new_ballot_id(),
    details=Details(
        phone=phone(1),
        markets=MARKETS[:3],
        email="ann@example.com",
        first_name="Ann",
        last_name="Lee",
        opt_ins={"news": True, "sms": False},
        attributes={"size": "M"},
    ),
    phone_confirmed_at=NOW,
    fanscore=0.5,
    fanscore_asked=False,
    fraud=Fraud(status=FraudStatus.REVIEW, score=40.0),
    selection=Selection.SELECTED,
    allocation=AllocatedPlace(market=MARKETS[1], draw_id=DrawId("draw-1")),
    score=77.5,
    verification=Verification(
        challenge=Challenge(
            id="challenge-1",
            campaign_id=TOUR,
            user_id=ANN,
            phone=phone(2),
            code_hash=b"hash",
            expires_at=NOW + timedelta(minutes=10),
            attempts=2,
            answered=True,
        ),
        sends=3,
        resend_after=NOW + timedelta(seconds=30),
    ),
    receipt_due=False,
    revision=4,
    version=5,
    created_at=NOW - timedelta(days=1),
    updated_at=NOW,
)
"""No field has its default, so that one which is forgotten comes back different."""


def default_of(field: "Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def parts(value: Any) -> list[Any]:
    """The entry and the parts of it that are mapped like it."""
    challenge = value.verification.challenge
    return [value, value.details, value.fraud, value.allocation, value.verification, challenge]


def stored(entry: Entry) -> dict[str, Any]:
    """The document as MongoDB gives it back."""
    return dict(bson.decode(bson.encode(new_document(entry)), CodecOptions(tz_aware=True, tzinfo=UTC)))


def test_the_example_fills_every_field() -> None:
    for part in parts(FILLED):
        for field in fields(part):
            if field.name != "messages":
                assert getattr(part, field.name) != default_of(field), f"give FILLED another {field.name}"


def test_every_field_is_stored_and_comes_back() -> None:
    assert to_entry(stored(FILLED)) == FILLED


@pytest.mark.parametrize("status", FraudStatus)
def test_every_fraud_status_comes_back(status: FraudStatus) -> None:
    entry = replace(FILLED, fraud=Fraud(status=status))
    assert to_entry(stored(entry)) == entry


def test_what_is_loaded_is_enough() -> None:
    """Messages and what is derived for indexes stay in the database."""
    document = stored(FILLED)
    loaded = {name: value for name, value in document.items() if name not in ENTRY_FIELDS}

    assert to_entry(loaded) == FILLED
    assert {
        "outbox",
        "outboxSlot",
        "outboxAt",
        "retriesAt",
        "receiptsAt",
        "prefs",
        "choice",
        "phoneKey",
    } <= ENTRY_FIELDS.keys()


def test_a_field_that_version_0_1_did_not_store_has_the_default_of_the_document() -> None:
    document = stored(FILLED)
    del document["fanscoreAsked"], document["verification"]["challenge"]["answered"]

    entry = to_entry(document)

    assert entry.fanscore_asked
    assert entry.verification
    assert entry.verification.challenge
    assert not entry.verification.challenge.answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A model with a field more than the document."""

    score: float
    favourite_colour: str


def test_an_undeclared_field_is_reported_with_the_file() -> None:
    message = r"adapters/mongo/entries/documents\.py: EntryDocument declares no field for Scored\.favourite_colour"
    with pytest.raises(TypeError, match=message):
        FieldMap(Scored, EntryDocument)


def test_names_and_forms_may_differ() -> None:
    mapped = FieldMap(
        Scored,
        EntryDocument,
        renamed={"favourite_colour": "first_name"},
        conversions={"favourite_colour": Conversion(str.upper, str.lower)},
    )
    document = {"score": 1.0, "firstName": "RED"}

    assert mapped.write(Scored(score=1.0, favourite_colour="red")) == document
    assert mapped.read(document) == Scored(score=1.0, favourite_colour="red")
