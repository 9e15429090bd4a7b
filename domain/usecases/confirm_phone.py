"""A fan proves that the phone is theirs, or asks for another code."""

import math
from dataclasses import dataclass, field
from datetime import datetime

from domain.model.confirmation import Challenge, ChallengeRef, phone_digest
from domain.model.entries import Entry, EntryEvent
from domain.model.errors import (
    CampaignNotOpen,
    ConfirmationExhausted,
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationTooSoon,
    EntryNotFound,
    InvalidConfirmationToken,
    NothingToConfirm,
    PhoneUnavailable,
    WrongConfirmationCode,
)
from domain.model.ids import CampaignId, UserId
from domain.usecases.send_code import SendCode
from ports.campaigns import Campaigns
from ports.clock import Clock
from ports.entries import EntryStore
from ports.phones import PhoneBook
from ports.tokens import ConfirmationTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPhoneCommand:
    campaign_id: CampaignId
    user_id: UserId
    token: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPhone:
    """Confirm the phone of a registration with the code that was sent to it.

    The code is good for a short time and a few tries, each counted before it is compared, and only while the
    campaign takes registrations (entry-service REQ-001). A number is confirmed once in a campaign (REQ-002). A
    challenge exhausted counts against the number (REQ-009). Confirming again is no error.
    """

    campaigns: Campaigns
    entries: EntryStore
    phone_book: PhoneBook
    tokens: ConfirmationTokens
    clock: Clock
    send_code: SendCode

    async def __call__(self, command: ConfirmPhoneCommand) -> Entry:
        """Refuses in this order: InvalidConfirmationToken, CampaignNotOpen, ConfirmationSuperseded,
        ConfirmationExpired, ConfirmationExhausted, WrongConfirmationCode, PhoneUnavailable."""
        now = self.clock.now()
        bound_to = self._read(command)
        entry = await self.entries.get(command.campaign_id, command.user_id)
        if entry is None:
            raise InvalidConfirmationToken
        if entry.confirmed and self._is_of(bound_to, entry):
            return entry
        if not (await self.campaigns.get(command.campaign_id)).takes_registrations(now):
            raise CampaignNotOpen
        challenge = _current(entry, bound_to)
        if challenge.expired(now):
            raise ConfirmationExpired
        try:
            await self._try(challenge, command.code, now)
        except ConfirmationExhausted:
            return await self._confirmed_meanwhile(command, bound_to)
        return await self._confirm(challenge, now)

    def _read(self, command: ConfirmPhoneCommand) -> ChallengeRef:
        bound_to = self.tokens.read(command.token)
        if (bound_to.campaign_id, bound_to.user_id) != (command.campaign_id, command.user_id):
            raise InvalidConfirmationToken
        return bound_to

    def _is_of(self, bound_to: ChallengeRef, entry: Entry) -> bool:
        return bound_to.phone_digest == phone_digest(entry.details.phone, self.send_code.rules.key)

    async def _try(self, challenge: Challenge, code: str, now: datetime) -> None:
        key = self.send_code.rules.key
        counted = await self.entries.count_attempt(
            challenge.campaign_id, challenge.user_id, challenge.id, challenge.hash_of(code, key)
        )
        if counted is None:
            raise ConfirmationExhausted
        if counted.answered_by(code, key):
            return
        if counted.closed:
            await self.phone_book.change(
                challenge.campaign_id,
                challenge.phone,
                lambda record: record.failed(challenge.user_id, now, self.send_code.rules.phone_block_ttl),
            )
        raise WrongConfirmationCode(attempts_left=counted.attempts_left)

    async def _confirmed_meanwhile(self, command: ConfirmPhoneCommand, bound_to: ChallengeRef) -> Entry:
        """No try could be counted. Where the same answer, sent twice, has just confirmed the phone, that is why.

        Raises ConfirmationExhausted where it has not.
        """
        entry = await self.entries.get(command.campaign_id, command.user_id)
        if entry is None or not entry.confirmed or not self._is_of(bound_to, entry):
            raise ConfirmationExhausted
        return entry

    async def _confirm(self, challenge: Challenge, now: datetime) -> Entry:
        def confirm(current: Entry | None) -> Entry:
            assert current is not None, "entries are never deleted"
            if current.confirmed and current.details.phone == challenge.phone:
                return current
            verification = current.verification
            if verification is None or verification.challenge is None or verification.challenge.id != challenge.id:
                raise ConfirmationSuperseded
            return current.confirm(now).told(EntryEvent.PHONE_CONFIRMED, now)

        return await self.entries.change(challenge.campaign_id, challenge.user_id, confirm)


def _current(entry: Entry, bound_to: ChallengeRef) -> Challenge:
    """The challenge the token is for, if it is still the one that counts."""
    challenge = entry.verification.challenge if entry.verification else None
    if challenge is None or challenge.id != bound_to.challenge_id:
        raise ConfirmationSuperseded
    return challenge


def _challenge_id(entry: Entry) -> str | None:
    challenge = entry.verification.challenge if entry.verification else None
    return challenge.id if challenge else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendCode:
    """Send another code to the number of a registration that is not confirmed yet.

    The pauses between two codes grow; the number's sends of the hour and the day count over all fans and
    campaigns. The code sent before is worthless from then on; it stays good where no other could be sent.
    """

    campaigns: Campaigns
    entries: EntryStore
    phone_book: PhoneBook
    clock: Clock
    send_code: SendCode

    async def __call__(self, campaign_id: CampaignId, user_id: UserId) -> Entry:
        """Raises EntryNotFound, CampaignNotOpen, NothingToConfirm, PhoneUnavailable, ConfirmationTooSoon."""
        now = self.clock.now()
        entry = await self.entries.get(campaign_id, user_id)
        if entry is None:
            raise EntryNotFound
        if not (await self.campaigns.get(campaign_id)).takes_registrations(now):
            raise CampaignNotOpen
        if entry.confirmed:
            raise NothingToConfirm
        await self._check_free(entry, now)

        def may_send(current: Entry) -> int:
            if current.verification is None:
                return 0
            _check_time(current.verification.resend_after, now)
            return current.verification.sends

        sent = await self.send_code.another(entry, may_send)
        if sent.verification is not None and _challenge_id(sent) in {None, _challenge_id(entry)}:
            _check_time(sent.verification.resend_after, now)
        return sent

    async def _check_free(self, entry: Entry, now: datetime) -> None:
        owner = await self.entries.confirmed_owner(entry.campaign_id, entry.details.phone)
        record = await self.phone_book.record(entry.campaign_id, entry.details.phone)
        if owner is not None or record.blocked_for(entry.user_id, now, self.send_code.rules.phone_block_ttl):
            raise PhoneUnavailable


def _check_time(resend_after: datetime, now: datetime) -> None:
    if now < resend_after:
        raise ConfirmationTooSoon(seconds=math.ceil((resend_after - now).total_seconds()))
