"""A fan registers, or changes a registration."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.model.campaigns import Campaign, Fan
from domain.model.entries import Details, Entry, EntryEvent, Errand, Fraud
from domain.model.errors import CampaignNotOpen, GatesClosed, InvalidValue, PhoneUnavailable
from domain.model.ids import CampaignId, UserId
from domain.model.markets import Preferences, preferences
from domain.model.phones import PhoneNumber
from domain.usecases.send_code import DrawnCode, SendCode
from ports.campaigns import Campaigns
from ports.clock import Clock
from ports.entries import EntryStore
from ports.fanscore import FanscoreSource
from ports.fraud import Attempt, FraudDetection
from ports.phones import PhoneBook, PhoneNumbers
from ports.users import Users


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where the request came from, for the fraud detection; not kept."""

    session_id: str | None = None
    ip: str | None = field(default=None, repr=False)
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFanCommand:
    """None means: leave it as it is."""

    campaign_id: CampaignId
    user_id: UserId
    phone: str = field(repr=False)
    markets: Sequence[str]
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    opt_ins: Mapping[str, bool] | None = None
    attributes: Mapping[str, str] | None = field(default=None, repr=False)
    invite_code: str | None = field(default=None, repr=False)
    device: Device = Device()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    entry: Entry
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFan:
    """Register a fan for a campaign, or change the registration.

    The campaign must take registrations (REQ-004) and the fan must pass its gates. The number is confirmed at once
    when the campaign asks for no confirmation or the account has verified this very number; otherwise a code goes
    out by SMS. A number that another fan has confirmed, or that strangers' failures have blocked (REQ-009), is
    refused (REQ-002). Changing the number unsets the confirmation (REQ-003); an identical repeat changes nothing.
    Fraud detection and fanscore are asked side by side and can never fail a registration.
    """

    campaigns: Campaigns
    users: Users
    phone_numbers: PhoneNumbers
    phone_book: PhoneBook
    entries: EntryStore
    fraud: FraudDetection
    fanscore: FanscoreSource
    send_code: SendCode
    clock: Clock

    async def __call__(self, command: RegisterFanCommand) -> Registered:
        """Raises CampaignNotFound, UserNotFound, CampaignNotOpen, InvalidValue, GatesClosed, PhoneUnavailable."""
        now = self.clock.now()
        campaign = await self.campaigns.get(command.campaign_id)
        fan, before = await asyncio.gather(
            self.users.get(command.user_id), self.entries.get(command.campaign_id, command.user_id)
        )
        if not campaign.takes_registrations(now):
            raise CampaignNotOpen
        phone = self.phone_numbers.parse(command.phone, campaign.default_region)
        markets = preferences(command.markets, campaign.markets)
        if closed := campaign.closed_gates(fan, command.invite_code):
            raise GatesClosed(closed)
        at_once = self._confirmed_at_once(campaign, fan, phone)
        details = _details(command, phone, markets, fan, before)
        if before is not None and before.details == details and _nothing_is_left_to_do(before, at_once):
            return Registered(entry=before, created=False)
        await self._check_free(command, phone, before, proven=at_once and campaign.needs_phone_confirmation)
        revision = _Revision(
            command=command,
            fan=fan,
            phone=phone,
            markets=markets,
            confirm=at_once,
            assessment=await self._assess(command, phone, details, before),
            drawn=None if at_once else self.send_code.draw(command.campaign_id, command.user_id, phone),
            now=now,
        )
        return await self._store(revision)

    def _confirmed_at_once(self, campaign: Campaign, fan: Fan, phone: PhoneNumber) -> bool:
        """The campaign asks for no confirmation, or the account has verified this very number."""
        if not campaign.needs_phone_confirmation:
            return True
        if not fan.phone_verified or fan.phone is None:
            return False
        try:
            return self.phone_numbers.parse(fan.phone, campaign.default_region) == phone
        except InvalidValue:
            return False

    async def _check_free(
        self, command: RegisterFanCommand, phone: PhoneNumber, before: Entry | None, *, proven: bool
    ) -> None:
        """May this fan use the number? Who has confirmed it, here or on the account, no stranger can lock out."""
        if before is not None and before.confirmed and before.details.phone == phone:
            return
        owner, record = await asyncio.gather(
            self.entries.confirmed_owner(command.campaign_id, phone),
            self.phone_book.record(command.campaign_id, phone),
        )
        taken = owner is not None and owner != command.user_id
        block_ttl = self.send_code.rules.phone_block_ttl
        blocked = not proven and record.blocked_for(command.user_id, self.clock.now(), block_ttl)
        if taken or blocked:
            raise PhoneUnavailable

    async def _assess(
        self, command: RegisterFanCommand, phone: PhoneNumber, details: Details, before: Entry | None
    ) -> "_Assessment":
        """Ask both neighbours at the same time; neither can fail the registration."""
        attempt = Attempt(
            campaign_id=command.campaign_id,
            user_id=command.user_id,
            phone=phone,
            email=details.email,
            session_id=command.device.session_id,
            ip=command.device.ip,
            user_agent=command.device.user_agent,
            event="create" if before is None else "update",
        )
        fraud, fanscore = await asyncio.gather(
            self.fraud.assess(attempt), self.fanscore.fanscore(command.user_id, command.campaign_id)
        )
        return _Assessment(fraud=fraud, fanscore=fanscore, ask_again=fanscore is None and self.fanscore.asks)

    async def _store(self, revision: "_Revision") -> Registered:
        created = False

        def change(before: Entry | None) -> Entry:
            nonlocal created
            created = before is None
            return revision.apply(before)

        entry = await self.entries.change(revision.command.campaign_id, revision.command.user_id, change)
        if revision.drawn is not None and revision.drawn.is_of(entry):
            entry = await self.send_code.send(entry, revision.drawn)
        return Registered(entry=entry, created=created)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assessment:
    fraud: Fraud
    fanscore: float | None
    ask_again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revision:
    """What this request makes of the entry, whatever it is by the time it is stored."""

    command: RegisterFanCommand
    fan: Fan
    phone: PhoneNumber
    markets: Preferences
    confirm: bool
    assessment: _Assessment
    drawn: DrawnCode | None
    """What is sent if the number turns out to need a code: another request of the fan may have asked for one."""
    now: datetime

    def apply(self, before: Entry | None) -> Entry:
        details = _details(self.command, self.phone, self.markets, self.fan, before)
        if before is None:
            entry = Entry.register(self.command.campaign_id, self.command.user_id, details, self.now)
        else:
            entry = before.revise(details)
        if self.confirm:
            entry = entry.confirm(self.now)
        if entry != before:
            entry = self._assessed(entry, EntryEvent.CREATED if before is None else EntryEvent.UPDATED)
        if self.drawn is not None and not entry.confirmed and entry.verification is None:
            entry = self.drawn.stored_in(entry, sends=1)
        return entry

    def _assessed(self, entry: Entry, event: EntryEvent) -> Entry:
        """The next revision, with what the neighbours say of it."""
        errands = (Errand.RETRY_FANSCORE,) if self.assessment.ask_again else ()
        fanscore = _known(self.assessment.fanscore, entry.fanscore)
        return replace(entry, fraud=self.assessment.fraud, fanscore=fanscore).told(event, self.now, *errands)


def _nothing_is_left_to_do(entry: Entry, at_once: bool) -> bool:
    """Confirmed, or waiting for its code? A crash right after the entry was stored may have kept the code."""
    return entry.confirmed or (not at_once and entry.verification is not None)


def _known(asked: float | None, before: float | None) -> float | None:
    """A score once known is not forgotten because nobody answered this time."""
    return before if asked is None else asked


def _details(
    command: RegisterFanCommand, phone: PhoneNumber, markets: Preferences, fan: Fan, before: Entry | None
) -> Details:
    """What the fan says now; what is left out stays, or comes from the account."""
    known = before.details if before else _from_account(fan, phone, markets)
    return Details(
        phone=phone,
        markets=markets,
        email=command.email or known.email,
        first_name=command.first_name or known.first_name,
        last_name=command.last_name or known.last_name,
        opt_ins=known.opt_ins if command.opt_ins is None else dict(command.opt_ins),
        attributes=known.attributes if command.attributes is None else dict(command.attributes),
    )


def _from_account(fan: Fan, phone: PhoneNumber, markets: Preferences) -> Details:
    return Details(
        phone=phone, markets=markets, email=fan.email, first_name=fan.first_name, last_name=fan.last_name
    )
