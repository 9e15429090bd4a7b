"""What the inner tests are made of: a clock that can be moved, and codes, holds, claims and batches."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.model.codes.code import (
    Code,
    CodeType,
    Hold,
    Provenance,
    Refusal,
)
from domain.model.codes.imports import CodeBatch, Import, UploadKey
from domain.model.codes.reservations import Claim
from domain.model.ids import CampaignId, ImportId, ReserveId, UserId

TM, EXTERNAL = CodeType
NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
TICK: Final = timedelta(milliseconds=1)
"""The smallest step of a Clock."""

TOUR: Final = CampaignId("tour")
STAFF: Final = UserId("staff")
ANN, BOB = UserId("ann"), UserId("bob")
MINE, THEIRS = ReserveId("reservation-mine"), ReserveId("reservation-theirs")


class ManualClock:
    """A Clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


def a_code(text: str = "A-1", *, type: CodeType = TM, line: int = 1) -> Code:
    provenance = Provenance(import_id=ImportId("import-1"), line=line, at=NOON, by=STAFF)
    return Code(campaign_id=TOUR, text=text, type=type, provenance=provenance)


def a_hold(reserve_id: ReserveId = MINE, *, at: datetime = NOON, position: int = 0, count: int = 1) -> Hold:
    return Hold(reserve_id=reserve_id, position=position, count=count, reserved_at=at, expires_at=at + DAY)


def done(outcome: Code | Refusal) -> Code:
    """The code, of a change that must have been allowed."""
    assert isinstance(outcome, Code), outcome
    return outcome


def a_held_code(reserve_id: ReserveId = MINE, *, at: datetime = NOON) -> Code:
    return done(a_code().reserve(a_hold(reserve_id, at=at), at, STAFF))


def an_assigned_code(reserve_id: ReserveId = MINE, *, to: UserId = ANN, at: datetime = NOON) -> Code:
    return done(a_held_code(reserve_id, at=at).assign(reserve_id, to, at, STAFF))


def a_claim(
    count: int = 1,
    *,
    reserve_id: str = MINE,
    type: CodeType = TM,
    at: datetime = NOON,
    campaign_id: CampaignId = TOUR,
    chosen: bool = True,
) -> Claim:
    return Claim(
        campaign_id=campaign_id,
        type=type,
        count=count,
        reserve_id=ReserveId(reserve_id),
        by=STAFF,
        now=at,
        ttl=DAY,
        chosen_by_caller=chosen,
    )


def a_batch(
    codes: Iterable[str],
    *,
    type: CodeType = TM,
    import_id: str = "import-1",
    campaign_id: CampaignId = TOUR,
) -> CodeBatch:
    """Codes as they stand in a file, one a line from line 1 on."""
    return CodeBatch(
        campaign_id=campaign_id,
        type=type,
        import_id=ImportId(import_id),
        at=NOON,
        by=STAFF,
        rows=list(enumerate(codes, start=1)),
    )


def an_import(import_id: str = "import-1", *, campaign_id: CampaignId = TOUR) -> Import:
    key = UploadKey(campaign_id, TM, "codes.csv")
    return Import(id=ImportId(import_id), key=key, by=STAFF, started_at=NOON, moved_at=NOON)


def texts(prefix: str, count: int) -> list[str]:
    """``count`` codes, all different, in the order of their text."""
    return [f"{prefix}-{number:06}" for number in range(count)]
