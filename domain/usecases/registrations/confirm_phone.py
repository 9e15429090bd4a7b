"""Confirm the phone of a registration."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.confirmation import Challenge, ChallengeRef, phone_digest, read_code
from domain.model.registrations.entry import Entry, EntryEvent
from domain.model.registrations.errors import (
    BudgetUsedUp,
    CampaignNotFound,
    CampaignNotOpen,
    ConfirmationExhausted,
    ConfirmationExpired,
    ConfirmationSuperseded,
    InvalidConfirmationToken,
    PhoneUnavailable,
    WrongConfirmationCode,
)
from domain.usecases.registrations.send_code import SendCode
from ports.entries import EntryStore
from ports.neighbours import Campaigns
from ports.phones import ConfirmationTokens, FanBudgets, PhoneBook
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPhoneCommand:
    campaign_id: CampaignId
    user_id: UserId
    token: str = field(repr=False)
    code: str = field(repr=False)
    """The text that the fan typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    entry: Entry
    newly: bool
    """False when the phone was confirmed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPhone:
    """Confirm the phone of a registration with the code that was sent to it.

    The code is read as people type it: ``123 456``, ``G-123456``, digits of any script, or the whole message. A
    text without exactly one number of six digits is refused and does not count as an attempt. A code is valid for
    a short time and a few attempts, and only while the campaign takes registrations (entry-service REQ-001).
    Attempts are counted before the code is compared. A number can be confirmed once in a campaign (REQ-002). An
    exhausted challenge counts against the number (REQ-009) and against the fan, who can exhaust a few challenges a
    day. A repeat after the confirmation is not an error.
    """

    raises: ClassVar[Refusals] = (
        InvalidValue,
        InvalidConfirmationToken,
        CampaignNotFound,
        CampaignNotOpen,
        ConfirmationSuperseded,
        ConfirmationExpired,
        ConfirmationExhausted,
        WrongConfirmationCode,
        BudgetUsedUp,
        PhoneUnavailable,
    )

    campaigns: Campaigns
    entries: EntryStore
    phone_book: PhoneBook
    budgets: FanBudgets
    tokens: ConfirmationTokens
    clock: Clock
    send_code: SendCode

    async def __call__(self, command: ConfirmPhoneCommand) -> Confirmed:
        """Raises, in this order: InvalidValue, InvalidConfirmationToken, CampaignNotOpen, ConfirmationSuperseded,
        ConfirmationExpired, BudgetUsedUp, ConfirmationExhausted, WrongConfirmationCode, PhoneUnavailable."""
        now = self.clock.now()
        code = read_code(command.code)
        bound_to = self._read(command)
        entry, usage = await asyncio.gather(
            self.entries.get(command.campaign_id, command.user_id), self.budgets.usage(command.user_id)
        )
        if entry is None:
            raise InvalidConfirmationToken
        if entry.confirmed and self._is_of(bound_to, entry):
            return Confirmed(entry=entry, newly=False)
        if not (await self.campaigns.get(command.campaign_id)).takes_registrations(now):
            raise CampaignNotOpen
        challenge = _current(entry, bound_to)
        if challenge.expired(now):
            raise ConfirmationExpired
        usage.check_failures(now)
        try:
            await self._try(challenge, code, now)
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
            await self._count_failure(challenge, now)
        raise WrongConfirmationCode(attempts_left=counted.attempts_left)

    async def _count_failure(self, challenge: Challenge, now: datetime) -> None:
        """Count an exhausted challenge against the fan and the number. When the fan's limit of the day is reached,
        it does not count against the number."""
        try:
            await self.budgets.change(challenge.user_id, lambda usage: usage.exhaust(now))
        except BudgetUsedUp:
            return
        await self.phone_book.change(
            challenge.campaign_id,
            challenge.phone,
            lambda record: record.failed(challenge.user_id, now, self.send_code.rules.phone_block_ttl),
        )

    async def _confirmed_meanwhile(self, command: ConfirmPhoneCommand, bound_to: ChallengeRef) -> Confirmed:
        """After an attempt that could not be counted: the entry, if a parallel request has confirmed the phone.

        Raises ConfirmationExhausted otherwise.
        """
        entry = await self.entries.get(command.campaign_id, command.user_id)
        if entry is None or not entry.confirmed or not self._is_of(bound_to, entry):
            raise ConfirmationExhausted
        return Confirmed(entry=entry, newly=False)

    async def _confirm(self, challenge: Challenge, now: datetime) -> Confirmed:
        newly = False

        def confirm(current: Entry | None) -> Entry:
            nonlocal newly
            if current is None:  # Withdrawn in the meantime.
                raise ConfirmationSuperseded
            newly = not (current.confirmed and current.details.phone == challenge.phone)
            if not newly:
                return current
            verification = current.verification
            if verification is None or verification.challenge is None or verification.challenge.id != challenge.id:
                raise ConfirmationSuperseded
            return current.confirm(now).with_event(EntryEvent.PHONE_CONFIRMED, now)

        entry = await self.entries.change(challenge.campaign_id, challenge.user_id, confirm)
        return Confirmed(entry=entry, newly=newly)


def _current(entry: Entry, bound_to: ChallengeRef) -> Challenge:
    """The challenge of the token. Raises ConfirmationSuperseded when it is not the current one."""
    challenge = entry.verification.challenge if entry.verification else None
    if challenge is None or challenge.id != bound_to.challenge_id:
        raise ConfirmationSuperseded
    return challenge
