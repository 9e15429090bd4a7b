"""A registration as fans and staff see it."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import Entry, EntryEvent, EntryStatus, FanscoreStatus, FraudStatus, Selection
from domain.model.registrations.history import EntryWithHistory, PastChange
from entrypoints.http.wire import Instant, Wire, instant, instant_or_none
from ports.phones import ConfirmationTokens


class FanscoreBody(Wire):
    status: FanscoreStatus
    value: float | None


class FraudBody(Wire):
    status: FraudStatus
    score: float | None


class ConfirmationBody(Wire):
    token: Annotated[str | None, Meta(description="Null while no code can be sent to the number.")]
    expires_at: Instant | None
    resend_after: Instant

    @classmethod
    def of(cls, entry: Entry, tokens: ConfirmationTokens) -> "ConfirmationBody | None":
        """None for an entry that is confirmed."""
        if entry.verification is None:
            return None
        challenge: Challenge | None = entry.verification.challenge
        return cls(
            token=tokens.issue(challenge) if challenge else None,
            expires_at=instant(challenge.expires_at) if challenge else None,
            resend_after=instant(entry.verification.resend_after),
        )


class AllocationBody(Wire):
    market: str
    draw_id: str


class EntryBody(Wire):
    id: str
    campaign_id: str
    user_id: str
    ballot_id: Annotated[
        str | None,
        Meta(
            description="The registration's name in draws. Null in one of an earlier release, until a migration."
        ),
    ]
    status: EntryStatus
    phone: Annotated[str, Meta(description="E.164")]
    phone_confirmed_at: Instant | None
    email: str | None
    first_name: str | None
    last_name: str | None
    markets: Annotated[list[str], Meta(description="The first is the primary preference.")]
    opt_ins: dict[str, bool]
    attributes: dict[str, str]
    fanscore: FanscoreBody
    fraud: FraudBody
    selection: Selection
    allocation: Annotated[AllocationBody | None, Meta(description="The place that a draw gave to the fan.")]
    revision: Annotated[int, Meta(description="The number of stored changes.")]
    created_at: Instant
    updated_at: Instant
    confirmation: ConfirmationBody | None

    @classmethod
    def of(cls, entry: Entry, tokens: ConfirmationTokens) -> "EntryBody":
        details, place = entry.details, entry.allocation
        return cls(
            id=entry.id,
            campaign_id=entry.campaign_id,
            user_id=entry.user_id,
            ballot_id=entry.ballot_id,
            status=entry.status,
            phone=details.phone,
            phone_confirmed_at=instant_or_none(entry.phone_confirmed_at),
            email=details.email,
            first_name=details.first_name,
            last_name=details.last_name,
            markets=list(details.markets),
            opt_ins=dict(details.opt_ins),
            attributes=dict(details.attributes),
            fanscore=FanscoreBody(status=entry.fanscore_status, value=entry.fanscore),
            fraud=FraudBody(status=entry.fraud.status, score=entry.fraud.score),
            selection=entry.selection,
            allocation=AllocationBody(market=place.market, draw_id=place.draw_id) if place else None,
            revision=entry.revision,
            created_at=instant(entry.created_at),
            updated_at=instant(entry.updated_at),
            confirmation=ConfirmationBody.of(entry, tokens),
        )


class PastChangeBody(Wire):
    event: EntryEvent
    at: Instant
    by: Annotated[
        str | None, Meta(description="The fan, or a member of staff. Null: a background task of the service.")
    ]
    revision: int

    @classmethod
    def of(cls, change: PastChange) -> "PastChangeBody":
        return cls(event=change.event, at=instant(change.at), by=change.by, revision=change.revision)


class EntryWithHistoryBody(EntryBody):
    history: Annotated[
        list[PastChangeBody] | UnsetType,
        Meta(description="For staff: the last 100 changes that raised the revision, the oldest first."),
    ] = UNSET

    @classmethod
    def for_staff(cls, found: EntryWithHistory, tokens: ConfirmationTokens) -> "EntryWithHistoryBody":
        body = asdict(EntryBody.of(found.entry, tokens))
        return cls(**body, history=[PastChangeBody.of(change) for change in found.history])


CONFIRMATION: Final = {
    "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
    "expiresAt": "2026-11-21T18:10:00.000Z",
    "resendAfter": "2026-11-21T18:00:30.000Z",
}
EXAMPLE: Final = {
    "id": "5b0c7a52d1f94f0fae2c6f6a1f0c1f52",
    "campaignId": "tour-2026",
    "userId": "fan-1",
    "ballotId": "2f9f0b0d8a5c4e1b9c7d3a6e5f8b1c40",
    "status": "pending_confirmation",
    "phone": "+12125550123",
    "phoneConfirmedAt": None,
    "email": "fan@example.com",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "markets": ["nyc", "bos"],
    "optIns": {"newsletter": True},
    "attributes": {},
    "fanscore": {"status": "scored", "value": 0.82},
    "fraud": {"status": "clear", "score": 3.0},
    "selection": "none",
    "allocation": None,
    "revision": 1,
    "createdAt": "2026-11-21T18:00:00.000Z",
    "updatedAt": "2026-11-21T18:00:00.000Z",
    "confirmation": CONFIRMATION,
}
CONFIRMED: Final = EXAMPLE | {
    "status": "confirmed",
    "phoneConfirmedAt": "2026-11-21T18:01:00.000Z",
    "confirmation": None,
}
WITH_HISTORY: Final = CONFIRMED | {
    "revision": 2,
    "history": [
        {"event": "created", "at": "2026-11-21T18:00:00.000Z", "by": "fan-1", "revision": 1},
        {"event": "phone_confirmed", "at": "2026-11-21T18:01:00.000Z", "by": "fan-1", "revision": 2},
    ],
}
