"""A campaign, its fans and its staff, in the shortest words for what they do, and a clock that tests move."""

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pytest

from domain.model.ids import CampaignId, UserId
from domain.model.messaging.leases import PARTITIONS
from domain.model.messaging.messages import StoredMessage
from domain.model.messaging.relaying import Channel
from domain.model.registrations.confirmation import MAX_ATTEMPTS
from domain.model.registrations.eligibility import Query, RankingPosition
from domain.model.registrations.entry import Entry, Selection
from domain.model.registrations.errors import WrongConfirmationCode
from domain.model.registrations.phones import PhoneNumber
from domain.model.registrations.scoring import Scored, ScoreRecord
from domain.usecases.registrations.confirm_phone import Confirmed, ConfirmPhoneCommand
from domain.usecases.registrations.free_phone import FreePhoneCommand
from domain.usecases.registrations.lift_phone_block import LiftPhoneBlockCommand
from domain.usecases.registrations.register_fan import Registered
from domain.usecases.registrations.registration import RegisterFanCommand
from domain.usecases.registrations.select_entries import Selected, SelectEntriesCommand
from domain.usecases.registrations.transfer_entries import TransferEntriesCommand, Transferred
from tests.support.registrations import BOS, NYC, TOUR, a_campaign, a_fan
from tests.usecases.registrations.wiring import Ports, use_cases

EVERYWHERE: Final = range(PARTITIONS)


class Scene:
    """An open campaign with four markets that wants phones confirmed, and as many more as a test opens."""

    def __init__(self, ports: Ports | None = None) -> None:
        self.ports = ports or Ports()
        self.use_cases = use_cases(self.ports)
        self._phones = (PhoneNumber(f"+1201{number}") for number in itertools.count(5_550_000))

    def opens(self, id: str = TOUR, **changes: Any) -> CampaignId:
        """The campaign is ``a_campaign`` but for ``changes``. Opened a second time, it changes."""
        self.ports.campaigns.put(a_campaign(id, **changes))
        return CampaignId(id)

    def fan(self, name: str = "ann", *, using: str | None = None, **account: Any) -> "Fan":
        """A fan ``using`` a number; of the account nothing is known but an address and ``account``."""
        self.ports.users.put(a_fan(name, **account))
        return Fan(self, UserId(name), PhoneNumber(using or self.a_phone()))

    def fans(self, count: int, *, using: str | None = None) -> "list[Fan]":
        return [self.fan(f"fan-{number:02}", using=using) for number in range(count)]

    def a_phone(self) -> PhoneNumber:
        """A number that no fan of this scene has."""
        return next(self._phones)

    def wait(self, by: timedelta) -> None:
        self.ports.clock.advance(by)

    def codes(self, phone: str) -> list[str]:
        """What was sent to a number, the oldest first."""
        return self.ports.sms.codes(phone)

    async def score(self, scores: "Mapping[Fan, float]", *, selection: Selection | None = None) -> Scored:
        async def records() -> AsyncIterator[ScoreRecord]:
            for line, (fan, score) in enumerate(scores.items(), start=1):
                yield ScoreRecord(user_id=fan.id, score=score, selection=selection, line=line)

        return await self.use_cases.registrations.score(TOUR, records())

    async def select(self, selection: Selection, *fans: "Fan") -> Selected:
        user_ids = [fan.id for fan in fans]
        return await self.use_cases.registrations.select(
            SelectEntriesCommand(campaign_id=TOUR, user_ids=user_ids, selection=selection)
        )

    async def transfer(
        self, source: str, target: str, *fans: "Fan", dry_run: bool = False, campaign: CampaignId = TOUR
    ) -> Transferred:
        """Of the fans that are named; without any, of all."""
        return await self.use_cases.registrations.transfer(
            TransferEntriesCommand(
                campaign_id=campaign,
                source=source,
                target=target,
                user_ids=frozenset(fan.id for fan in fans) or None,
                dry_run=dry_run,
            )
        )

    async def free(self, phone: str, campaign: CampaignId = TOUR) -> bool:
        command = FreePhoneCommand(campaign_id=campaign, phone=phone)
        return await self.use_cases.phones.free(command) is not None

    async def lift_block(self, phone: str, campaign: CampaignId = TOUR) -> None:
        await self.use_cases.phones.lift_block(LiftPhoneBlockCommand(campaign_id=campaign, phone=phone))

    async def ranking(
        self, query: Query | None = None, *, after: RankingPosition | None = None, limit: int = 500
    ) -> list[str]:
        """The names of the eligible fans on one page, the best first."""
        page = await self.use_cases.registrations.rank_eligible(TOUR, query or Query(), after=after, limit=limit)
        return [one.user_id for one in page.fans]

    async def messages(self, channel: Channel = Channel.EVENTS) -> list[StoredMessage]:
        """What waits to go this way, in order for each fan."""
        now = self.ports.clock.now()
        return list(await self.use_cases.messaging.outbox.pending(channel, EVERYWHERE, 10_000, now))


@dataclass(frozen=True, slots=True)
class Fan:
    """A fan with an account and a phone, in one campaign."""

    scene: Scene
    id: UserId
    phone: PhoneNumber
    campaign: CampaignId = TOUR

    def elsewhere(self, campaign: CampaignId) -> "Fan":
        return replace(self, campaign=campaign)

    async def registered(self, **changes: Any) -> Registered:
        """With the fan's own phone for two markets, but for ``changes`` of the command."""
        command = RegisterFanCommand(
            campaign_id=self.campaign, user_id=self.id, phone=self.phone, markets=[NYC, BOS]
        )
        return await self.scene.use_cases.registrations.register(replace(command, **changes))

    async def register(self, **changes: Any) -> Entry:
        return (await self.registered(**changes)).entry

    async def confirm(self, code: str | None = None, token: str | None = None) -> Entry:
        """With the code last sent and the token of the registration as it is, unless others are given."""
        return (await self.answer(code, token)).entry

    async def answer(self, code: str | None = None, token: str | None = None) -> Confirmed:
        return await self.scene.use_cases.phones.confirm(
            ConfirmPhoneCommand(
                campaign_id=self.campaign,
                user_id=self.id,
                token=await self.token() if token is None else token,
                code=await self.code() if code is None else code,
            )
        )

    async def confirmed(self, **changes: Any) -> Entry:
        """Register, and confirm with the code that was sent."""
        entry = await self.register(**changes)
        return entry if entry.confirmed else await self.confirm()

    async def resend(self) -> Entry:
        return await self.scene.use_cases.phones.resend_code(self.campaign, self.id)

    async def withdraw(self) -> None:
        await self.scene.use_cases.registrations.withdraw(self.campaign, self.id)

    async def entry(self) -> Entry:
        return await self.scene.use_cases.registrations.read(self.campaign, self.id)

    async def token(self) -> str:
        """The one that belongs to the code last sent."""
        verification = (await self.entry()).verification
        assert verification is not None, "the registration waits for a code"
        assert verification.challenge is not None, "a code was sent"
        return self.scene.ports.tokens.issue(verification.challenge)

    async def code(self) -> str:
        """The one last sent to the number that the registration has."""
        return self.scene.codes((await self.entry()).details.phone)[-1]

    async def wrong_code(self) -> str:
        return f"{(int(await self.code()) + 1) % 1_000_000:06}"

    async def exhaust(self) -> None:
        """Use up every attempt of the code last sent."""
        wrong = await self.wrong_code()
        for _ in range(MAX_ATTEMPTS):
            with pytest.raises(WrongConfirmationCode):
                await self.confirm(wrong)

    async def messages(self, channel: Channel = Channel.EVENTS) -> list[str]:
        """What waits to go this way about the registration, in order."""
        waiting = await self.scene.messages(channel)
        return [one.about for one in waiting if (one.campaign_id, one.user_id) == (self.campaign, self.id)]
