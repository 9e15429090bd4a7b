"""A fan registers, or changes a registration."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.model.budgets import SendPermit
from domain.model.campaigns import Campaign, Fan
from domain.model.entries import Details, Entry, EntryEvent, Errand, Fraud
from domain.model.errors import CampaignNotOpen, GatesClosed, InvalidValue
from domain.model.ids import CampaignId, UserId
from domain.model.markets import Preferences, preferences
from domain.model.names import check_name, presentable
from domain.model.phone_keys import phone_key
from domain.model.phones import PhoneNumber
from domain.usecases.send_code import DrawnCode, SendCode, without_code
from domain.usecases.use_number import NumberWish, UseNumber
from ports.campaigns import Campaigns
from ports.clock import Clock
from ports.entries import EntryStore
from ports.fanscore import FanscoreSource
from ports.fraud import Attempt, FraudDetection
from ports.phones import PhoneNumbers
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
    refused (REQ-002), and so is a fan who has used too many numbers or codes. Changing the
    number unsets the confirmation (REQ-003); an identical repeat changes nothing.
    Fraud detection and fanscore are asked side by side and can never fail a registration.
    """

    campaigns: Campaigns
    users: Users
    phone_numbers: PhoneNumbers
    entries: EntryStore
    fraud: FraudDetection
    fanscore: FanscoreSource
    use_number: UseNumber
    send_code: SendCode
    clock: Clock

    async def __call__(self, command: RegisterFanCommand) -> Registered:
        """Raises CampaignNotFound, UserNotFound, CampaignNotOpen, InvalidValue, GatesClosed, PhoneCountry,
        BudgetUsedUp, PhoneUnavailable."""
        now = self.clock.now()
        campaign = await self.campaigns.get(command.campaign_id)
        fan, before = await asyncio.gather(
            self.users.get(command.user_id), self.entries.get(command.campaign_id, command.user_id)
        )
        if not campaign.takes_registrations(now):
            raise CampaignNotOpen
        phone = self.phone_numbers.parse(command.phone, campaign.default_region)
        markets = preferences(command.markets, campaign.markets)
        check_name("firstName", command.first_name)
        check_name("lastName", command.last_name)
        if closed := campaign.closed_gates(fan, command.invite_code):
            raise GatesClosed(closed)
        at_once = self._confirmed_at_once(campaign, fan, phone)
        details = _details(command, phone, markets, fan, before)
        if before is not None and before.details == details and _nothing_is_left_to_do(before, at_once):
            return Registered(entry=before, created=False)
        permit = None
        if before is None or not before.confirmed or not before.has_telephone(phone):
            if not at_once:
                self.use_number.check_country(campaign, phone)
            permit = await self.use_number(_wish(command, campaign, phone, before, at_once=at_once))
        revision = _Revision(
            command=command,
            fan=fan,
            phone=phone,
            markets=markets,
            confirm=at_once,
            assessment=await self._assess(command, phone, details, before),
            permit=permit,
            drawn=self._drawn(command, phone, permit),
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
            verified = self.phone_numbers.parse(fan.phone, campaign.default_region)
        except InvalidValue:
            return False
        return phone_key(verified) == phone_key(phone)

    def _drawn(
        self, command: RegisterFanCommand, phone: PhoneNumber, permit: SendPermit | None
    ) -> DrawnCode | None:
        if permit is None or not permit.granted:
            return None
        return self.send_code.draw(command.campaign_id, command.user_id, phone, permit)

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
            entry = await self.send_code.first(entry, revision.drawn)
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
    permit: SendPermit | None
    """Of sending a code, if the number needed one when the entry was read."""
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
        return entry if entry.confirmed else self._challenged(entry)

    def _challenged(self, entry: Entry) -> Entry:
        """With the code that is sent; where none may be sent, with the time when one can be asked for."""
        waiting = entry.verification
        if self.drawn is not None and (waiting is None or waiting.challenge is None):
            return self.drawn.stored_in(entry)
        if waiting is not None:
            return entry
        if self.permit is None:
            return without_code(entry, self.now)
        return without_code(entry, self.permit.resend_after, sends=self.permit.sends)

    def _assessed(self, entry: Entry, event: EntryEvent) -> Entry:
        """The next revision, with what the neighbours say of it."""
        errands = (Errand.RETRY_FANSCORE,) if self.assessment.ask_again else ()
        fanscore = _known(self.assessment.fanscore, entry.fanscore)
        return replace(entry, fraud=self.assessment.fraud, fanscore=fanscore).told(event, self.now, *errands)


def _nothing_is_left_to_do(entry: Entry, at_once: bool) -> bool:
    """Confirmed, or waiting for its code? A crash right after the entry was stored may have kept the code."""
    return entry.confirmed or (not at_once and entry.verification is not None)


def _wish(
    command: RegisterFanCommand, campaign: Campaign, phone: PhoneNumber, before: Entry | None, *, at_once: bool
) -> NumberWish:
    """What the fan wants of a number that is not confirmed in the registration as it is."""
    is_new = before is None or before.details.phone != phone
    waits = not is_new and before is not None and before.verification is not None
    return NumberWish(
        campaign_id=command.campaign_id,
        user_id=command.user_id,
        phone=phone,
        is_new=is_new,
        needs_code=not at_once and not waits,
        proven=at_once and campaign.needs_phone_confirmation,
    )


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
        phone=phone,
        markets=markets,
        email=fan.email,
        first_name=presentable(fan.first_name),
        last_name=presentable(fan.last_name),
    )
