"""Send the one-time code that confirms a phone."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from domain.model.errors import Refusals, Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import CodeSend, FanLimits, FanUsage, SendPermit, number_digest
from domain.model.registrations.confirmation import Challenge, ConfirmationRules, new_code
from domain.model.registrations.entry import Entry, Verification
from domain.model.registrations.errors import BudgetUsedUp, ConfirmationSuperseded, EntryWithdrawn
from domain.model.registrations.phones import PhoneNumber, SendLimits
from ports.entries import EntryStore
from ports.neighbours import Sms
from ports.phones import FanBudgets, PhoneBook
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCode:
    """A new code that is not sent yet, and its challenge, which is stored instead of the code."""

    code: str = field(repr=False)
    challenge: Challenge
    permit: SendPermit

    def stored_in(self, entry: Entry) -> Entry:
        """The entry with this challenge."""
        return _with(
            entry,
            Verification(challenge=self.challenge, sends=self.permit.sends, resend_after=self.permit.resend_after),
        )

    def is_of(self, entry: Entry) -> bool:
        verification = entry.verification
        return (
            verification is not None
            and verification.challenge is not None
            and verification.challenge.id == self.challenge.id
        )


def without_code(entry: Entry, resend_after: datetime, *, sends: int = 0) -> Entry:
    """The entry without a code. The fan may ask for one after ``resend_after``."""
    return _with(entry, Verification(challenge=None, sends=sends, resend_after=resend_after))


def _with(entry: Entry, verification: Verification) -> Entry:
    return replace(entry, version=entry.version + 1, verification=verification)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCode:
    """Sends all one-time codes. It counts them per fan and number, stores their hash, and sends them last.

    The challenge is stored before the message is sent, so every code that a fan receives works. When a code cannot
    be sent, the entry keeps the challenge it had before, and the time when the fan may ask again.
    """

    raises: ClassVar[Refusals] = (BudgetUsedUp, ConfirmationSuperseded, EntryWithdrawn)

    entries: EntryStore
    phone_book: PhoneBook
    budgets: FanBudgets
    sms: Sms
    clock: Clock
    rules: ConfirmationRules
    limits: SendLimits
    fan_limits: FanLimits

    async def take_permit(self, user_id: UserId, phone: PhoneNumber, now: datetime) -> SendPermit:
        """Count one send for the fan and the number, or return when the next is possible. Raises BudgetUsedUp."""
        number = number_digest(phone, self.rules.key)
        permit = SendPermit(granted=False, at=now, sends=0, resend_after=now)

        def send(usage: FanUsage) -> FanUsage:
            nonlocal permit
            used, permit = usage.send(number, self.fan_limits, now)
            return used

        await self.budgets.change(user_id, send)
        if not permit.granted:
            return permit
        wait_until = await self.phone_book.take_send(phone, self.limits, now)
        if wait_until is None:
            return permit
        unsent = CodeSend(number=number, at=now)
        await self.budgets.change(user_id, lambda usage: usage.take_back(unsent))
        return SendPermit(granted=False, at=now, sends=permit.sends - 1, resend_after=wait_until)

    def prepare(
        self, campaign_id: CampaignId, user_id: UserId, phone: PhoneNumber, permit: SendPermit
    ) -> PreparedCode:
        """A new code. It does not work before its challenge is stored."""
        code, expires_at = new_code(), self.clock.now() + self.rules.ttl
        challenge = Challenge.open(
            campaign_id, user_id, phone, code=code, key=self.rules.key, expires_at=expires_at
        )
        return PreparedCode(code=code, challenge=challenge, permit=permit)

    async def send_another(self, entry: Entry, permit: SendPermit) -> Entry:
        """Send another code with a permit that was taken before. The earlier code does not work any more."""
        prepared = self.prepare(entry.campaign_id, entry.user_id, entry.details.phone, permit)
        earlier: Challenge | None = None

        def begin(current: Entry | None) -> Entry:
            nonlocal earlier
            current = _same_number(current, entry)
            earlier = current.verification.challenge if current.verification else None
            return prepared.stored_in(current)

        begun = await self.entries.change(entry.campaign_id, entry.user_id, begin)
        return await self._hand_over(begun, prepared, earlier)

    async def send_first(self, entry: Entry, prepared: PreparedCode) -> Entry:
        """Send the code of the challenge that is stored in ``entry``. The hold of the send may have ended."""
        challenge, at = prepared.challenge, prepared.permit.at
        try:
            permit = await self.take_permit(challenge.user_id, challenge.phone, at)
        except BudgetUsedUp as refusal:
            permit = replace(prepared.permit, granted=False, resend_after=at + timedelta(seconds=refusal.seconds))
        if not permit.granted:
            return await self._withdraw(prepared, None, permit)
        return await self._hand_over(entry, prepared, None)

    async def _hand_over(self, entry: Entry, prepared: PreparedCode, earlier: Challenge | None) -> Entry:
        text = f"{prepared.code} is your code. It is good for {self._minutes} minutes."
        try:
            await self.sms.send(prepared.challenge.phone, text)
        except Unavailable:
            return await self._withdraw(prepared, earlier, prepared.permit)
        return entry

    @property
    def _minutes(self) -> int:
        return max(1, round(self.rules.ttl.total_seconds() / 60))

    async def _withdraw(self, prepared: PreparedCode, earlier: Challenge | None, permit: SendPermit) -> Entry:
        """No message was sent. The entry stays, and a code that was sent earlier is valid again."""

        def withdraw(current: Entry | None) -> Entry:
            if current is None:
                raise EntryWithdrawn
            if not prepared.is_of(current):
                return current
            waiting = Verification(challenge=earlier, sends=permit.sends, resend_after=permit.resend_after)
            return _with(current, waiting)

        return await self.entries.change(prepared.challenge.campaign_id, prepared.challenge.user_id, withdraw)


def _same_number(current: Entry | None, entry: Entry) -> Entry:
    """Raises ConfirmationSuperseded when the number was changed or confirmed, or the entry withdrawn, in the
    meantime."""
    if current is None or current.details.phone != entry.details.phone or current.confirmed:
        raise ConfirmationSuperseded
    return current
