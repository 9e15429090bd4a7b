"""Send a fan the code that confirms a phone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.model.confirmation import Challenge, ConfirmationRules, new_code
from domain.model.entries import Entry, Verification
from domain.model.errors import ConfirmationSuperseded, Unavailable
from domain.model.phones import PAUSES, SendLimits, resend_at
from ports.clock import Clock
from ports.entries import EntryStore
from ports.phones import PhoneBook
from ports.sms import Sms


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCode:
    """The one place from which codes leave: counted per number, kept as a hash, sent last.

    The challenge is stored before the message goes out, so that a code in a fan's hand always works; what
    cannot be sent leaves the entry with the challenge it had before, if any, and says when to ask again.
    """

    entries: EntryStore
    phone_book: PhoneBook
    sms: Sms
    clock: Clock
    rules: ConfirmationRules
    limits: SendLimits

    async def first(self, entry: Entry) -> Entry:
        """The first code for the number an entry has now, unless another request of the fan was faster."""

        def none_yet(current: Entry) -> int:
            if current.verification is not None:
                raise ConfirmationSuperseded
            return 0

        try:
            return await self.send(entry, none_yet)
        except ConfirmationSuperseded:
            return await self.entries.get(entry.campaign_id, entry.user_id) or entry

    async def send(self, entry: Entry, may_send: Callable[[Entry], int]) -> Entry:
        """Send another code unless ``may_send`` raises; it answers how many were sent before."""
        now = self.clock.now()
        code = new_code()
        challenge = self._challenge(entry, code, now)
        earlier: Challenge | None = None

        def begin(current: Entry | None) -> Entry:
            nonlocal earlier
            current = _same_number(current, entry)
            sends = may_send(current) + 1
            earlier = current.verification.challenge if current.verification else None
            return replace(
                current,
                version=current.version + 1,
                verification=Verification(challenge=challenge, sends=sends, resend_after=resend_at(now, sends)),
            )

        begun = await self.entries.change(entry.campaign_id, entry.user_id, begin)
        wait_until = await self.phone_book.take_send(entry.details.phone, self.limits, now)
        if wait_until is None:
            wait_until = await self._hand_over(challenge, code, now)
        return begun if wait_until is None else await self._withdraw(challenge, earlier, wait_until)

    def _challenge(self, entry: Entry, code: str, now: datetime) -> Challenge:
        return Challenge.open(
            entry.campaign_id,
            entry.user_id,
            entry.details.phone,
            code=code,
            key=self.rules.key,
            expires_at=now + self.rules.ttl,
        )

    async def _hand_over(self, challenge: Challenge, code: str, now: datetime) -> datetime | None:
        """When to try again, if the message could not be sent."""
        try:
            await self.sms.send(challenge.phone, f"{code} is your code. It is good for {self._minutes} minutes.")
        except Unavailable:
            return now + PAUSES[0]
        return None

    @property
    def _minutes(self) -> int:
        return max(1, round(self.rules.ttl.total_seconds() / 60))

    async def _withdraw(self, challenge: Challenge, earlier: Challenge | None, resend_after: datetime) -> Entry:
        """No message went out: the entry is stored all the same, and a code sent earlier is as good as before."""

        def withdraw(current: Entry | None) -> Entry:
            assert current is not None, "entries are never deleted"
            verification = current.verification
            if verification is None or verification.challenge is None or verification.challenge.id != challenge.id:
                return current
            waiting = replace(
                verification, challenge=earlier, sends=verification.sends - 1, resend_after=resend_after
            )
            return replace(current, version=current.version + 1, verification=waiting)

        return await self.entries.change(challenge.campaign_id, challenge.user_id, withdraw)


def _same_number(current: Entry | None, entry: Entry) -> Entry:
    """A code for a number that was changed or confirmed meanwhile is nobody's business any more."""
    if current is None or current.details.phone != entry.details.phone or current.confirmed:
        raise ConfirmationSuperseded
    return current
