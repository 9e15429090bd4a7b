"""Rules about phone numbers that do not depend on the fan.

A number is E.164 text here: the port ``PhoneNumbers`` has parsed it. The module has three rules: how often a code
may be sent to a number, when the next code may be sent, and when failures of other fans block the number
(entry-service REQ-009).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NewType

from domain.model.ids import UserId

PhoneNumber = NewType("PhoneNumber", str)

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300))
"""Pauses between two codes of the same fan. The last one repeats."""
FAILURES_TO_BLOCK: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLimits:
    """How many codes one number may be sent, over all fans and campaigns."""

    per_hour: int
    per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLog:
    """When codes were sent to one number in the last day, over all fans and campaigns; oldest first."""

    sent: tuple[datetime, ...] = ()

    def next_at(self, limits: SendLimits, now: datetime) -> datetime:
        """When the next code may be sent: ``now``, or later when the hour or the day is used up."""
        return max(
            _free_at(self.sent, limits.per_hour, HOUR, now),
            _free_at(self.sent, limits.per_day, DAY, now),
        )

    def record(self, now: datetime) -> "SendLog":
        """Add one send. Sends older than a day are removed."""
        return replace(self, sent=(*(at for at in self.sent if at > now - DAY), now))


def _free_at(sent: Sequence[datetime], limit: int, window: timedelta, now: datetime) -> datetime:
    recent = [at for at in sent if at > now - window]
    return now if len(recent) < limit else recent[-limit] + window


def resend_at(sent_at: datetime, sends: int) -> datetime:
    """When a fan may ask for the next code, after ``sends`` codes, the last at ``sent_at``."""
    return sent_at + PAUSES[min(sends, len(PAUSES)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A fan exhausted a challenge without the right code."""

    by: UserId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRecord:
    """The fans who failed to confirm a number in one campaign, each once; oldest first (entry-service REQ-009)."""

    failures: tuple[Failure, ...] = field(default=())
    forget_at: datetime | None = field(default=None, compare=False)
    """From then on no failure counts any more. None without failures."""

    def failed(self, by: UserId, now: datetime, ttl: timedelta) -> "PhoneRecord":
        """Add a fan who failed. A fan counts once; otherwise a single fan could keep a number blocked for ever."""
        kept = tuple(failure for failure in self.failures if failure.at > now - 2 * ttl)
        if any(failure.by == by for failure in kept):
            return replace(self, failures=kept)
        return replace(self, failures=(*kept, Failure(by=by, at=now)), forget_at=now + 2 * ttl)

    def without(self, user_id: UserId) -> "PhoneRecord":
        """Forget the failures of an erased person."""
        return replace(self, failures=tuple(failure for failure in self.failures if failure.by != user_id))

    def blocked_for(self, user_id: UserId, now: datetime, ttl: timedelta) -> bool:
        """Did three other fans exhaust a challenge within ``ttl``, the last less than ``ttl`` ago?

        Failures of the fan do not count: the number may be the fan's own.
        """
        first: dict[UserId, datetime] = {}
        for failure in self.failures:
            first.setdefault(failure.by, failure.at)
        others = [at for by, at in first.items() if by != user_id]
        runs = zip(others, others[FAILURES_TO_BLOCK - 1 :], strict=False)
        return any(third - one < ttl and now < third + ttl for one, third in runs)
