"""The command to register, and how it changes an entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import SendPermit
from domain.model.registrations.campaigns import Fan
from domain.model.registrations.entry import BackgroundTask, Details, Entry, EntryEvent, Fraud
from domain.model.registrations.markets import Preferences
from domain.model.registrations.names import presentable
from domain.model.registrations.phones import PhoneNumber
from domain.usecases.registrations.send_code import PreparedCode, without_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The device of the request, for the fraud detection. It is not stored."""

    session_id: str | None = None
    ip: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    connection_ip: str | None = field(default=None, repr=False)
    """``ip`` and ``user_agent`` are sent by the caller. This field and the next come from the connection."""
    connection_user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFanCommand:
    """None means: do not change this field."""

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
class Assessment:
    fraud: Fraud
    fanscore: float | None
    asked: bool
    """Was account scoring asked? False when none is configured."""

    @property
    def ask_again(self) -> bool:
        return self.asked and self.fanscore is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The change of one request. It applies to the entry as it is when it is stored."""

    command: RegisterFanCommand
    fan: Fan
    phone: PhoneNumber
    markets: Preferences
    of_entry: bool
    """The fan was registered when the request began. So it is a change, and cannot register the fan again."""
    confirm: bool
    assessment: Assessment
    permit: SendPermit | None
    """The permit to send a code, if the number needed one when the entry was read."""
    prepared: PreparedCode | None
    """The code to send if the entry needs one when it is stored. A parallel request may have sent one already."""
    now: datetime

    def apply(self, before: Entry | None) -> Entry:
        details = details_of(self.command, self.phone, self.markets, self.fan, before)
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
        """The entry with the challenge of the code, or with the time when the fan may ask for a code."""
        waiting = entry.verification
        if self.prepared is not None and (waiting is None or waiting.challenge is None):
            return self.prepared.stored_in(entry)
        if waiting is not None:
            return entry
        if self.permit is None:
            return without_code(entry, self.now)
        return without_code(entry, self.permit.resend_after, sends=self.permit.sends)

    def _assessed(self, entry: Entry, event: EntryEvent) -> Entry:
        """The next revision, with fraud assessment and fanscore."""
        tasks = (BackgroundTask.RETRY_FANSCORE,) if self.assessment.ask_again else ()
        fanscore = _known(self.assessment.fanscore, entry.fanscore)
        assessed = replace(
            entry, fraud=self.assessment.fraud, fanscore=fanscore, fanscore_asked=self.assessment.asked
        )
        return assessed.with_event(event, self.now, *tasks)


def _known(asked: float | None, before: float | None) -> float | None:
    """The new score, or the known one when there was no answer this time."""
    return before if asked is None else asked


def details_of(
    command: RegisterFanCommand, phone: PhoneNumber, markets: Preferences, fan: Fan, before: Entry | None
) -> Details:
    """The new details. Fields that the command leaves out stay as they are, or come from the account."""
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
