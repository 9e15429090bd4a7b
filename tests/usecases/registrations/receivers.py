"""Neighbours that tests can look into, and ports that let something happen in the middle of a use case."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.memory.entries import MemoryEntryStore
from adapters.memory.phones import MemoryPhoneBook
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import Entry, Fraud
from domain.model.registrations.phones import PhoneNumber, PhoneRecord
from ports.entries import NOT_READ, EntryChange, Known, NotChanged
from ports.neighbours import Receipt, RegistrationAttempt
from tests.support.neighbours import MemoryFraudDetection

_CODE: Final = re.compile(r"\b\d{6}\b")


@dataclass(slots=True)
class Meanwhile:
    """What happens once, in the middle of a use case; nothing until a test says what."""

    happens: Callable[[], Awaitable[object]] | None = None

    async def __call__(self) -> None:
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()


@dataclass(slots=True)
class SmsGateway:
    """Keeps what was sent, the oldest first; nothing while it is down."""

    down: bool = False
    sent: list[tuple[PhoneNumber, str]] = field(default_factory=list)
    meanwhile: Meanwhile = field(default_factory=Meanwhile)
    """What happens before it sends, or fails to."""

    async def send(self, to: PhoneNumber, body: str) -> None:
        await asyncio.sleep(0)
        await self.meanwhile()
        if self.down:
            raise Unavailable("sms")
        self.sent.append((to, body))

    def codes(self, phone: str) -> list[str]:
        """The codes that were sent to one number, the oldest first."""
        return [_CODE.findall(body)[0] for to, body in self.sent if to == phone]


@dataclass(slots=True)
class Mailer:
    sent: list[Receipt] = field(default_factory=list)

    async def send(self, receipt: Receipt) -> bool:
        self.sent.append(receipt)
        return True


class BusyEntryStore(MemoryEntryStore):
    """Something happens before or after an attempt is counted, before one or many entries change, or after the
    owner of a number was found."""

    def __init__(self) -> None:
        super().__init__()
        self.before_counting, self.after_counting = Meanwhile(), Meanwhile()
        self.before_changing = Meanwhile()
        self.before_changing_many, self.after_finding_owner = Meanwhile(), Meanwhile()

    async def change(
        self, campaign_id: CampaignId, user_id: UserId, change: EntryChange, *, read: Known = NOT_READ
    ) -> Entry:
        await self.before_changing()
        return await super().change(campaign_id, user_id, change, read=read)

    async def count_attempt(
        self, campaign_id: CampaignId, user_id: UserId, challenge_id: str, code_hash: bytes
    ) -> Challenge | None:
        await self.before_counting()
        counted = await super().count_attempt(campaign_id, user_id, challenge_id, code_hash)
        await self.after_counting()
        return counted

    async def confirmed_owner(self, campaign_id: CampaignId, phone: PhoneNumber) -> UserId | None:
        owner = await super().confirmed_owner(campaign_id, phone)
        await self.after_finding_owner()
        return owner

    async def change_many(
        self, campaign_id: CampaignId, user_ids: Sequence[UserId], change: Callable[[Entry], Entry]
    ) -> Mapping[UserId, NotChanged]:
        await self.before_changing_many()
        return await super().change_many(campaign_id, user_ids, change)


class BusyPhoneBook(MemoryPhoneBook):
    """Something happens right before the record of a number is read."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile = Meanwhile()

    async def record(self, campaign_id: CampaignId, phone: PhoneNumber) -> PhoneRecord:
        await self.meanwhile()
        return await super().record(campaign_id, phone)


class BusyFraudDetection(MemoryFraudDetection):
    """Something happens while the fraud detection makes up its mind."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile = Meanwhile()

    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        await self.meanwhile()
        return await super().assess(attempt)
