"""A fan registers, or changes a registration."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.registrations.budgets import SendPermit
from domain.model.registrations.campaigns import Campaign, Fan
from domain.model.registrations.entry import Details, Entry
from domain.model.registrations.errors import (
    BudgetUsedUp,
    CampaignNotFound,
    CampaignNotOpen,
    EntryWithdrawn,
    GatesClosed,
    PhoneCountry,
    PhoneUnavailable,
    UserNotFound,
)
from domain.model.registrations.markets import preferences
from domain.model.registrations.names import check_name
from domain.model.registrations.phone_keys import phone_key
from domain.model.registrations.phones import PhoneNumber
from domain.usecases.registrations.registration import Assessment, RegisterFanCommand, Revision, details_of
from domain.usecases.registrations.send_code import PreparedCode, SendCode
from domain.usecases.registrations.use_number import NumberRequest, UseNumber
from ports.entries import EntryStore
from ports.neighbours import Campaigns, FanscoreSource, FraudDetection, RegistrationAttempt, Users
from ports.phones import PhoneNumbers
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    entry: Entry
    created: bool
    changed: bool
    """False for an identical repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFan:
    """Register a fan for a campaign, or change the registration.

    The campaign must take registrations (entry-service REQ-004), and the fan must pass its gates. The number is
    confirmed at once when the campaign needs no confirmation, or when the account has verified the same number.
    Otherwise a code is sent by SMS. A number is refused when another fan has confirmed it (REQ-002), or when
    failures of other fans have blocked it (REQ-009). A fan who has used too many numbers or codes is refused, too.
    A change of the number unsets the confirmation (REQ-003). An identical repeat changes nothing. A change of a
    registration that is withdrawn in the meantime is refused: only a new request registers again. Fraud detection
    and fanscore are asked at the same time; a registration never fails because of them.
    """

    raises: ClassVar[Refusals] = (
        CampaignNotFound,
        UserNotFound,
        CampaignNotOpen,
        InvalidValue,
        GatesClosed,
        PhoneCountry,
        BudgetUsedUp,
        PhoneUnavailable,
        EntryWithdrawn,
    )

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
        BudgetUsedUp, PhoneUnavailable, EntryWithdrawn."""
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
        details = details_of(command, phone, markets, fan, before)
        if before is not None and before.details == details and _nothing_is_left_to_do(before, at_once):
            return Registered(entry=before, created=False, changed=False)
        permit = None
        if before is None or not before.confirmed or not before.has_telephone(phone):
            if not at_once:
                self.use_number.check_country(campaign, phone)
            permit = await self.use_number(_number_request(command, campaign, phone, before, at_once=at_once))
        revision = Revision(
            command=command,
            fan=fan,
            phone=phone,
            markets=markets,
            of_entry=before is not None,
            confirm=at_once,
            assessment=await self._assess(command, phone, details, before),
            permit=permit,
            prepared=self._prepared(command, phone, permit),
            now=now,
        )
        return await self._store(revision, before)

    def _confirmed_at_once(self, campaign: Campaign, fan: Fan, phone: PhoneNumber) -> bool:
        """Does the campaign need no confirmation, or has the account verified the same number?"""
        if not campaign.needs_phone_confirmation:
            return True
        if not fan.phone_verified or fan.phone is None:
            return False
        try:
            verified = self.phone_numbers.parse(fan.phone, campaign.default_region)
        except InvalidValue:
            return False
        return phone_key(verified) == phone_key(phone)

    def _prepared(
        self, command: RegisterFanCommand, phone: PhoneNumber, permit: SendPermit | None
    ) -> PreparedCode | None:
        if permit is None or not permit.granted:
            return None
        return self.send_code.prepare(command.campaign_id, command.user_id, phone, permit)

    async def _assess(
        self, command: RegisterFanCommand, phone: PhoneNumber, details: Details, before: Entry | None
    ) -> Assessment:
        """Ask both neighbours at the same time. A registration never fails because of them."""
        attempt = RegistrationAttempt(
            campaign_id=command.campaign_id,
            user_id=command.user_id,
            phone=phone,
            email=details.email,
            session_id=command.device.session_id,
            ip=command.device.ip,
            user_agent=command.device.user_agent,
            connection_ip=command.device.connection_ip,
            connection_user_agent=command.device.connection_user_agent,
            event="create" if before is None else "update",
        )
        fraud, fanscore = await asyncio.gather(
            self.fraud.assess(attempt), self.fanscore.fanscore(command.user_id, command.campaign_id)
        )
        return Assessment(fraud=fraud, fanscore=fanscore, asked=self.fanscore.configured)

    async def _store(self, revision: Revision, read: Entry | None) -> Registered:
        created = changed = False

        def change(before: Entry | None) -> Entry:
            nonlocal created, changed
            if before is None and revision.of_entry:
                raise EntryWithdrawn
            after = revision.apply(before)
            created, changed = before is None, after != before
            return after

        command = revision.command
        entry = await self.entries.change(command.campaign_id, command.user_id, change, read=read)
        if revision.prepared is not None and revision.prepared.is_of(entry):
            entry = await self.send_code.send_first(entry, revision.prepared)
        return Registered(entry=entry, created=created, changed=changed)


def _nothing_is_left_to_do(entry: Entry, at_once: bool) -> bool:
    """Is the entry confirmed, or was its code sent? After a crash, an entry may be stored without a code."""
    return entry.confirmed or (not at_once and entry.verification is not None)


def _number_request(
    command: RegisterFanCommand, campaign: Campaign, phone: PhoneNumber, before: Entry | None, *, at_once: bool
) -> NumberRequest:
    """The request for a number that the stored registration has not confirmed."""
    is_new = before is None or before.details.phone != phone
    waits = not is_new and before is not None and before.verification is not None
    return NumberRequest(
        campaign_id=command.campaign_id,
        user_id=command.user_id,
        phone=phone,
        is_new=is_new,
        needs_code=not at_once and not waits,
        verified=at_once and campaign.needs_phone_confirmation,
    )
