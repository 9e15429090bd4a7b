"""The register of stored fields: what each field that can hold text says of persons, and what an erasure does.

A test reads the declared documents and fails where a field is missing here.
"""

from collections.abc import Mapping
from typing import Final

from domain.model.privacy.people import Place

NOTHING: Final = "says nothing of a person"
KEYED: Final = "a keyed digest: without the key it leads to no person and to no number"

BALLOTS: Final = "ballots: random names. Only the entry links a ballot to a fan, and an erasure replaces the entry"

Said = Place | str
"""Erasing this place clears the field; or a sentence: why there is nothing to clear."""


def _all(said: Said, *fields: str) -> dict[str, Said]:
    return dict.fromkeys(fields, said)


REGISTER: Final[Mapping[str, Mapping[str, Said]]] = {
    "codes": {
        **_all(Place.CODES, "origin.by", "assignedTo", "transitions.by", "transitions.userId"),
        **_all(NOTHING, "id", "campaignId", "code", "type", "status", "origin.importId", "hold.reserveId"),
        **_all(NOTHING, "transitions.event", "transitions.reserveId", "transitions.write"),
    },
    "imports": {
        **_all(Place.IMPORTS, "by"),
        **_all(NOTHING, "id", "campaignId", "type", "filename", "status", "problems.reason", "problems.detail"),
        **_all(NOTHING, "failure", "understood.encoding", "understood.separator"),
    },
    "earlierCallers": _all(Place.CODES, "id"),
    "turns": _all(NOTHING, "id", "owner"),
    "entries": {
        **_all(Place.HISTORIES, "history.by"),
        **_all(NOTHING, "history.event"),
        **_all(
            # An erasure replaces the whole document, and deletes it when its event is published.
            Place.ENTRIES,
            *(
                "id",
                "entryId",
                "campaignId",
                "userId",
                "ballotId",
                "status",
                "phone",
                "phoneKey",
                "email",
                "firstName",
                "lastName",
            ),
            *(
                "markets",
                "prefs",
                "choice",
                "optIns",
                "attributes",
                "fraud.status",
                "selection",
                "pseudonym",
                "searchKeys",
            ),
            *("allocation.market", "allocation.drawId"),
            *("verification.challenge.id", "verification.challenge.phone", "verification.challenge.codeHash"),
            *("outbox.id", "outbox.about", "outbox.data", "outbox.requestId", "outbox.traceparent"),
        ),
    },
    "scoring": _all(Place.SCORING, "id", "campaignId", "userId", "selection", "upload"),
    "movedMarkets": _all(NOTHING, "id", "campaignId", "market"),
    "publishedEvents": {
        **_all(Place.PUBLISHED, "events.subject"),
        **_all(NOTHING, "events.id", "events.type"),
    },
    "parkedMessages": _all(
        Place.PARKED,
        *("id", "campaignId", "userId", "reason"),
        *("message.id", "message.about", "message.data", "message.requestId", "message.traceparent"),
    ),
    "phoneSends": _all(KEYED, "id"),
    "phoneFailures": {**_all(KEYED, "id"), **_all(Place.PHONE_FAILURES, "failures.by")},
    "fanBudgets": _all(Place.BUDGETS, "id", "numbers.campaignId", "numbers.number", "sends.number"),
    "rateLimits": _all(Place.RATE_LIMITS, "id"),
    "draws": {
        **_all(BALLOTS, "offers", "giving.ballots"),
        **_all(
            NOTHING,
            *(
                "id",
                "campaignId",
                "drawId",
                "manifest",
                "status",
                "randomness",
                "result.placed",
                "result.cutoffs.market",
            ),
            *(
                "result.cutoffs.key",
                "result.resultDigest",
                "withheld",
                "fillings.places",
                "fillings.offered",
                "giving.type",
                "giving.reserveId",
                "givingCodes",
            ),
        ),
    },
    "drawChunks": {
        **_all(BALLOTS, "first", "lines", "root", "before"),
        **_all(NOTHING, "id", "campaignId", "drawId", "kind"),
    },
    "leases": _all(NOTHING, "id", "shares.worker"),
    "audit": {
        **_all(Place.AUDIT, "by", "asked", "outcome", "people"),
        **_all(NOTHING, "id", "operation", "campaignId", "requestId"),
    },
}
"""By collection, then by field, as it is stored; ``id`` is ``_id``."""
