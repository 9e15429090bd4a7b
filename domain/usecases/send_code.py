"""Send a fan the code that confirms a phone."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.model.confirmation import Challenge, ConfirmationRules, new_code
from domain.model.entries import Entry, Verification
from domain.model.errors import ConfirmationSuperseded, Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.phones import PAUSES, PhoneNumber, SendLimits, resend_at
from ports.clock import Clock
from ports.entries import EntryStore
from ports.phones import PhoneBook
from ports.sms import Sms


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCode:
    """A code on its way to a fan, and the challenge that is stored in its place."""

    code: str = field(repr=False)
    challenge: Challenge
    at: datetime

    def stored_in(self, entry: Entry, *, sends: int) -> Entry:
        """The entry with this challenge, the ``sends``-th for its number."""
        verification = Verification(challenge=self.challenge, sends=sends, resend_after=resend_at(self.at, sends))
        return replace(entry, version=entry.version + 1, verification=verification)

    def is_of(self, entry: Entry) -> bool:
        verification = entry.verification
        return (
            verification is not None
            and verification.challenge is not None
            and verification.challenge.id == self.challenge.id
        )


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

    def draw(self, campaign_id: CampaignId, user_id: UserId, phone: PhoneNumber) -> DrawnCode:
        """A new code. It is good for nothing before its challenge is stored."""
        now, code = self.clock.now(), new_code()
        challenge = Challenge.open(
            campaign_id, user_id, phone, code=code, key=self.rules.key, expires_at=now + self.rules.ttl
        )
        return DrawnCode(code=code, challenge=challenge, at=now)

    async def another(self, entry: Entry, may_send: Callable[[Entry], int]) -> Entry:
        """Send another code unless ``may_send`` raises; it answers how many were sent before."""
        drawn = self.draw(entry.campaign_id, entry.user_id, entry.details.phone)
        earlier: Challenge | None = None

        def begin(current: Entry | None) -> Entry:
            nonlocal earlier
            current = _same_number(current, entry)
            earlier = current.verification.challenge if current.verification else None
            return drawn.stored_in(current, sends=may_send(current) + 1)

        begun = await self.entries.change(entry.campaign_id, entry.user_id, begin)
        return await self.send(begun, drawn, earlier)

    async def send(self, entry: Entry, drawn: DrawnCode, earlier: Challenge | None = None) -> Entry:
        """Send the code whose challenge is stored in ``entry`` already, in the place of the ``earlier`` one."""
        wait_until = await self.phone_book.take_send(drawn.challenge.phone, self.limits, drawn.at)
        if wait_until is None:
            wait_until = await self._hand_over(drawn)
        return entry if wait_until is None else await self._withdraw(drawn, earlier, wait_until)

    async def _hand_over(self, drawn: DrawnCode) -> datetime | None:
        """When to try again, if the message could not be sent."""
        text = f"{drawn.code} is your code. It is good for {self._minutes} minutes."
        try:
            await self.sms.send(drawn.challenge.phone, text)
        except Unavailable:
            return drawn.at + PAUSES[0]
        return None

    @property
    def _minutes(self) -> int:
        return max(1, round(self.rules.ttl.total_seconds() / 60))

    async def _withdraw(self, drawn: DrawnCode, earlier: Challenge | None, resend_after: datetime) -> Entry:
        """No message went out: the entry is stored all the same, and a code sent earlier is as good as before."""

        def withdraw(current: Entry | None) -> Entry:
            assert current is not None, "entries are never deleted"
            verification = current.verification
            if verification is None or not drawn.is_of(current):
                return current
            waiting = replace(
                verification, challenge=earlier, sends=verification.sends - 1, resend_after=resend_after
            )
            return replace(current, version=current.version + 1, verification=waiting)

        return await self.entries.change(drawn.challenge.campaign_id, drawn.challenge.user_id, withdraw)


def _same_number(current: Entry | None, entry: Entry) -> Entry:
    """A code for a number that was changed or confirmed meanwhile is nobody's business any more."""
    if current is None or current.details.phone != entry.details.phone or current.confirmed:
        raise ConfirmationSuperseded
    return current
