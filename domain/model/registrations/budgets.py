"""What one fan may use of other people's patience: numbers, codes, and challenges failed.

A fan is an account. Numbers are kept as keyed digests only, of the telephone rather than of its spelling.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from domain.model.ids import CampaignId
from domain.model.registrations.errors import BudgetUsedUp
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import DAY, PhoneNumber, SendLimits, SendLog, resend_at

NUMBERS_PER_CAMPAIGN: Final = 5
EXHAUSTED_PER_DAY: Final = 5
SHARE: Final = SendLimits(per_hour=3, per_day=5)
"""Of the sends of one number, those that one fan can use: strangers cannot use up the owner's."""
NUMBERS_KEPT: Final = timedelta(days=400)
"""How long a number counts as one of a campaign's; longer than campaigns take registrations."""

HOLD: Final = timedelta(seconds=30)
"""How long a code that is about to be sent counts; longer than a registration takes."""

NumberDigest = NewType("NumberDigest", str)


def number_digest(phone: PhoneNumber, key: bytes) -> NumberDigest:
    """The same for all spellings of one telephone; without the key it cannot be looked up."""
    return NumberDigest(hmac.digest(key, f"number\0{phone_key(phone)}".encode(), hashlib.sha256).hex()[:32])


class Budget(StrEnum):
    """What a fan has used up."""

    CAMPAIGN_NUMBERS = "numbers_per_campaign"
    DAY_NUMBERS = "numbers_per_day"
    CODES = "codes_per_day"
    FAILURES = "failures_per_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class FanLimits:
    """What the operator chose."""

    numbers_per_day: int
    codes_per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberUse:
    """A fan registered with a number, or tried to; ``at`` is the last time."""

    campaign_id: CampaignId
    number: NumberDigest
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSend:
    """A code that was sent to a number, or is about to be."""

    number: NumberDigest
    at: datetime
    held: bool = False
    """Not sent yet. It counts for a short time, so that nothing is stored for which no code could be sent."""

    @property
    def counts_until(self) -> datetime:
        return self.at + (HOLD if self.held else DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPermit:
    """What a fan gets who asks for a code to be sent: it may go out now, or not before ``resend_after``."""

    granted: bool
    at: datetime
    sends: int
    """Codes of the last day from this fan to this number, this one included."""
    resend_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FanUsage:
    """What one fan has used, over all campaigns. What no rule counts any more is forgotten."""

    numbers: tuple[NumberUse, ...] = ()
    sends: tuple[CodeSend, ...] = ()
    exhausted: tuple[datetime, ...] = ()
    """When challenges were exhausted, in the last day."""

    def use(self, campaign_id: CampaignId, number: NumberDigest, limits: FanLimits, now: datetime) -> "FanUsage":
        """The fan registers with a number. One that was used before uses nothing more. Raises BudgetUsedUp."""
        if self._has_just_used(campaign_id, number, now):
            return self
        kept = [use for use in self.numbers if use.at > now - NUMBERS_KEPT]
        others = [use for use in kept if use.number != number]
        if len({use.number for use in others if use.campaign_id == campaign_id}) >= NUMBERS_PER_CAMPAIGN:
            raise _used_up(Budget.CAMPAIGN_NUMBERS, DAY)
        today = {use.number: use.at + DAY for use in others if use.at > now - DAY}
        _check(Budget.DAY_NUMBERS, today.values(), limits.numbers_per_day, now)
        elsewhere = (use for use in kept if (use.campaign_id, use.number) != (campaign_id, number))
        return replace(self, numbers=(*elsewhere, NumberUse(campaign_id=campaign_id, number=number, at=now)))

    def _has_just_used(self, campaign_id: CampaignId, number: NumberDigest, now: datetime) -> bool:
        """Clicks at once need not be written down one after the other."""
        just_now = (use for use in self.numbers if now - HOLD < use.at <= now)
        return any((use.campaign_id, use.number) == (campaign_id, number) for use in just_now)

    def hold(self, number: NumberDigest, limits: FanLimits, now: datetime) -> "tuple[FanUsage, SendPermit]":
        """A code will be sent to this number if the registration can be stored. Requests at once share a hold.

        Raises BudgetUsedUp where the fan may be sent nothing at all, to whatever number.
        """
        return self._asked(CodeSend(number=number, at=now, held=True), limits)

    def send(self, number: NumberDigest, limits: FanLimits, now: datetime) -> "tuple[FanUsage, SendPermit]":
        """A code is sent, in the place of the hold. Raises BudgetUsedUp, as ``hold``."""
        return self._asked(CodeSend(number=number, at=now), limits)

    def _asked(self, send: CodeSend, limits: FanLimits) -> "tuple[FanUsage, SendPermit]":
        """The pause since the last code to this number must be over, and the fan's share of it not used up."""
        now = send.at
        self.check_failures(now)
        counted = [one for one in self.sends if one.counts_until > now]
        others = [one for one in counted if not (one.held and one.number == send.number)]
        _check(Budget.CODES, (one.counts_until for one in others), limits.codes_per_day, now)
        sent = sorted(one.at for one in others if one.number == send.number)
        free_at = _free_at(sent, now)
        if free_at > now:
            return self, SendPermit(granted=False, at=now, sends=len(sent), resend_after=free_at)
        sends = len(sent) + 1
        permit = SendPermit(granted=True, at=now, sends=sends, resend_after=resend_at(now, sends))
        if send.held and len(others) < len(counted):
            return self, permit
        return replace(self, sends=(*others, send)), permit

    def take_back(self, send: CodeSend) -> "FanUsage":
        """A code that did not go out after all."""
        return replace(self, sends=tuple(one for one in self.sends if one != send))

    def check_failures(self, now: datetime) -> None:
        """May the fan go on guessing? Raises BudgetUsedUp."""
        _check(Budget.FAILURES, self._failures_until(now), EXHAUSTED_PER_DAY, now)

    def exhaust(self, now: datetime) -> "FanUsage":
        """The last try of a challenge was wrong. Raises BudgetUsedUp if that is one too many to count."""
        self.check_failures(now)
        return replace(self, exhausted=(*(at for at in self.exhausted if at > now - DAY), now))

    def _failures_until(self, now: datetime) -> list[datetime]:
        return [at + DAY for at in self.exhausted if at > now - DAY]


def _free_at(sent: Sequence[datetime], now: datetime) -> datetime:
    """When a number can be sent the next code of a fan who was sent these."""
    if not sent:
        return now
    return max(resend_at(sent[-1], len(sent)), SendLog(sent=tuple(sent)).next_at(SHARE, now))


def _check(budget: Budget, counted_until: Iterable[datetime], limit: int, now: datetime) -> None:
    """Is something left? Raises BudgetUsedUp, which says when there will be."""
    until = sorted(counted_until)
    if len(until) >= limit:
        raise _used_up(budget, until[-limit] - now)


def _used_up(budget: Budget, wait: timedelta) -> BudgetUsedUp:
    return BudgetUsedUp(budget=budget.value, seconds=max(1, math.ceil(wait.total_seconds())))
