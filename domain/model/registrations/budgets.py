"""Budgets of one fan: phone numbers, one-time codes and failed challenges.

They keep one account from sending codes to many phones of other people. A fan is an account. Numbers are stored as
keyed digests only; all spellings of one telephone have the same digest.
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
"""The part of one number's sends that one fan can use. So other fans cannot use up the sends of the owner."""
NUMBERS_KEPT: Final = timedelta(days=400)
"""How long a number counts for a campaign. Longer than campaigns take registrations."""

HOLD: Final = timedelta(seconds=30)
"""How long a hold counts: a code that will be sent soon. Longer than a registration takes."""

NumberDigest = NewType("NumberDigest", str)


def number_digest(phone: PhoneNumber, key: bytes) -> NumberDigest:
    """The same for all spellings of one telephone. Without the key, the number cannot be found from it."""
    return NumberDigest(hmac.digest(key, f"number\0{phone_key(phone)}".encode(), hashlib.sha256).hex()[:32])


class Budget(StrEnum):
    """The budgets; an error names the one that is used up."""

    CAMPAIGN_NUMBERS = "numbers_per_campaign"
    DAY_NUMBERS = "numbers_per_day"
    CODES = "codes_per_day"
    FAILURES = "failures_per_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class FanLimits:
    """The limits that the operator sets."""

    numbers_per_day: int
    codes_per_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberUse:
    """A fan registered with a number, or tried to. ``at`` is the last time."""

    campaign_id: CampaignId
    number: NumberDigest
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSend:
    """A code that was sent to a number, or is held to be sent soon."""

    number: NumberDigest
    at: datetime
    held: bool = False
    """Not sent yet. It counts for a short time, so that the send is still free when the entry has been stored."""

    @property
    def counts_until(self) -> datetime:
        return self.at + (HOLD if self.held else DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPermit:
    """The answer to a request for a code: it may be sent now, or not before ``resend_after``."""

    granted: bool
    at: datetime
    sends: int
    """How many codes this fan had sent to this number in the last day, this one included."""
    resend_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FanUsage:
    """What one fan has used, over all campaigns. Uses that no rule counts any more are removed."""

    numbers: tuple[NumberUse, ...] = ()
    sends: tuple[CodeSend, ...] = ()
    exhausted: tuple[datetime, ...] = ()
    """When challenges were exhausted in the last day."""

    def use(self, campaign_id: CampaignId, number: NumberDigest, limits: FanLimits, now: datetime) -> "FanUsage":
        """Count a number that the fan registers with. A number that was used before counts once. Raises
        BudgetUsedUp."""
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
        """Was this number counted a moment ago? Then parallel requests need no further write."""
        just_now = (use for use in self.numbers if now - HOLD < use.at <= now)
        return any((use.campaign_id, use.number) == (campaign_id, number) for use in just_now)

    def hold(self, number: NumberDigest, limits: FanLimits, now: datetime) -> "tuple[FanUsage, SendPermit]":
        """Hold a send for this number until the registration is stored. Parallel requests share one hold.

        Raises BudgetUsedUp when the fan may be sent no code at all, to any number.
        """
        return self._asked(CodeSend(number=number, at=now, held=True), limits)

    def send(self, number: NumberDigest, limits: FanLimits, now: datetime) -> "tuple[FanUsage, SendPermit]":
        """Count a sent code. It replaces the hold. Raises BudgetUsedUp, as ``hold`` does."""
        return self._asked(CodeSend(number=number, at=now), limits)

    def _asked(self, send: CodeSend, limits: FanLimits) -> "tuple[FanUsage, SendPermit]":
        """Grant the send when the pause since the last code to this number is over and the fan's SHARE is not used
        up."""
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
        """Remove a send that did not take place."""
        return replace(self, sends=tuple(one for one in self.sends if one != send))

    def check_failures(self, now: datetime) -> None:
        """May the fan try codes? Raises BudgetUsedUp when the fan has exhausted too many challenges today."""
        _check(Budget.FAILURES, self._failures_until(now), EXHAUSTED_PER_DAY, now)

    def exhaust(self, now: datetime) -> "FanUsage":
        """Count an exhausted challenge. Raises BudgetUsedUp when the limit of the day was reached before."""
        self.check_failures(now)
        return replace(self, exhausted=(*(at for at in self.exhausted if at > now - DAY), now))

    def _failures_until(self, now: datetime) -> list[datetime]:
        return [at + DAY for at in self.exhausted if at > now - DAY]


def _free_at(sent: Sequence[datetime], now: datetime) -> datetime:
    """When this fan may be sent the next code to a number. ``sent``: the times of the codes so far."""
    if not sent:
        return now
    return max(resend_at(sent[-1], len(sent)), SendLog(sent=tuple(sent)).next_at(SHARE, now))


def _check(budget: Budget, counted_until: Iterable[datetime], limit: int, now: datetime) -> None:
    """Raises BudgetUsedUp, with the time to wait, when the budget is used up."""
    until = sorted(counted_until)
    if len(until) >= limit:
        raise _used_up(budget, until[-limit] - now)


def _used_up(budget: Budget, wait: timedelta) -> BudgetUsedUp:
    return BudgetUsedUp(budget=budget.value, seconds=max(1, math.ceil(wait.total_seconds())))
