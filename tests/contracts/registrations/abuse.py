"""A state machine of random actions by fans and strangers, and the limits that must hold in every run.

The gateway is the witness: the machine counts its messages by number and time, with simple rules of its own.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from adapters.numbering.parser import LibPhoneNumbers
from adapters.tokens.jwt import JwtConfirmationTokens
from domain.model.errors import DomainError
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.budgets import HOLD, FanLimits
from domain.model.registrations.confirmation import ConfirmationRules
from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import BudgetUsedUp, PhoneUnavailable, WrongConfirmationCode
from domain.model.registrations.phones import SendLimits
from domain.usecases.registrations.confirm_phone import ConfirmPhone, ConfirmPhoneCommand
from domain.usecases.registrations.free_phone import FreePhone, FreePhoneCommand
from domain.usecases.registrations.register_fan import RegisterFan
from domain.usecases.registrations.registration import RegisterFanCommand
from domain.usecases.registrations.resend_code import ResendCode
from domain.usecases.registrations.send_code import SendCode
from domain.usecases.registrations.use_number import UseNumber
from tests.contracts.registrations.entry_stores import EntryPorts
from tests.support.codes import ManualClock
from tests.support.neighbours import (
    MemoryCampaigns,
    MemoryFanscore,
    MemoryFraudDetection,
    MemorySms,
    MemoryUsers,
)
from tests.support.registrations import DAY, HOUR, KEY, MINUTE, SECOND, a_campaign, a_fan

T = TypeVar("T")

PAUSES: Final = (30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE)
TTL: Final = 10 * MINUTE
A_NUMBER: Final = (5, 10)
A_SHARE: Final = (3, 5)
"""An hour and a day."""
NUMBERS_A_CAMPAIGN, CODES_A_DAY, FAILURES_A_DAY = 5, 10, 5
STRANGERS_TO_BLOCK: Final = 3

OWNER: Final = "owner"
ACCOUNTS: Final = st.sampled_from(["one", "two", "three", "four"])
CAMPAIGNS: Final = st.integers(0, 2)
NUMBERS: Final = st.integers(0, 11)
"""The first is the owner's."""
STEPS: Final = st.sampled_from(
    [SECOND, 29 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, HOUR / 2, HOUR, 7 * HOUR, DAY / 2, DAY]
)


@dataclass(slots=True)
class Seen:
    """The times of one kind of action, by its name."""

    times: defaultdict[tuple[Any, ...], list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def within(self, window: timedelta, now: datetime, *name: Any) -> int:
        return sum(at > now - window for at in self.times[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The use cases over one store, with scripted neighbours."""

    register: RegisterFan
    confirm: ConfirmPhone
    resend: ResendCode
    free: FreePhone
    tokens: JwtConfirmationTokens
    users: MemoryUsers
    campaigns: MemoryCampaigns
    sms: MemorySms
    clock: ManualClock
    numbers_a_day: int


def a_house(ports: EntryPorts, numbers_a_day: int) -> House:
    campaigns, users, sms, clock = MemoryCampaigns(), MemoryUsers(), MemorySms(), ManualClock()
    numbers, tokens = LibPhoneNumbers(), JwtConfirmationTokens(KEY)
    rules = ConfirmationRules(key=KEY, ttl=TTL, phone_block_ttl=DAY)
    fan_limits = FanLimits(numbers_per_day=numbers_a_day, codes_per_day=CODES_A_DAY)
    use_number = UseNumber(
        entries=ports.entries,
        phone_numbers=numbers,
        phone_book=ports.phone_book,
        budgets=ports.budgets,
        clock=clock,
        rules=rules,
        limits=fan_limits,
    )
    send_code = SendCode(
        entries=ports.entries,
        phone_book=ports.phone_book,
        budgets=ports.budgets,
        sms=sms,
        clock=clock,
        rules=rules,
        limits=SendLimits(per_hour=A_NUMBER[0], per_day=A_NUMBER[1]),
        fan_limits=fan_limits,
    )
    return House(
        register=RegisterFan(
            campaigns=campaigns,
            users=users,
            phone_numbers=numbers,
            entries=ports.entries,
            fraud=MemoryFraudDetection(),
            fanscore=MemoryFanscore(configured=False),
            use_number=use_number,
            send_code=send_code,
            clock=clock,
        ),
        confirm=ConfirmPhone(
            campaigns=campaigns,
            entries=ports.entries,
            phone_book=ports.phone_book,
            budgets=ports.budgets,
            tokens=tokens,
            clock=clock,
            send_code=send_code,
        ),
        resend=ResendCode(
            campaigns=campaigns, entries=ports.entries, clock=clock, use_number=use_number, send_code=send_code
        ),
        free=FreePhone(campaigns=campaigns, phone_numbers=numbers, entries=ports.entries, clock=clock),
        tokens=tokens,
        users=users,
        campaigns=campaigns,
        sms=sms,
        clock=clock,
        numbers_a_day=numbers_a_day,
    )


class Abuse(RuleBasedStateMachine):
    """Accounts register, change, ask, guess and wait; no fan and no number exceeds its limit."""

    def __init__(self, runner: asyncio.Runner, house: House, story: int) -> None:
        super().__init__()
        self.loop, self.house, self.story = runner.get_loop(), house, story
        self.sends, self.used, self.exhausted = Seen(), Seen(), Seen()
        self.entries: dict[tuple[str, int], Entry] = {}
        self.codes: dict[str, str] = {}
        """The last one sent to each number."""
        self.touched: defaultdict[int, set[str]] = defaultdict(set)
        """The accounts that requested codes for a number."""
        for account in (OWNER, "one", "two", "three", "four"):
            house.users.put(a_fan(self.user(account)))
        for campaign in range(3):
            house.campaigns.put(a_campaign(self.campaign(campaign)))

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def user(self, account: str) -> UserId:
        return UserId(f"{account}-{self.story}")

    def campaign(self, campaign: int) -> CampaignId:
        return CampaignId(f"campaign-{self.story}-{campaign}")

    def phone(self, number: int) -> str:
        return f"+1201{2_000_000 + self.story * 12 + number}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """A runner's own ``run`` sets a signal handler each time, which takes longer than most of the work."""
        return self.loop.run_until_complete(work)

    # What they do

    @rule(step=STEPS)
    def wait(self, step: timedelta) -> None:
        self.house.clock.advance(step)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, numbers=st.lists(NUMBERS, min_size=1, max_size=3))
    def registers(self, account: str, campaign: int, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.act([self._register(account, campaign, number)], account)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, numbers=st.lists(NUMBERS, min_size=2, max_size=12, unique=True))
    def registers_at_once(self, account: str, campaign: int, numbers: Sequence[int]) -> None:
        self.act([self._register(account, campaign, number) for number in numbers], account)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, times=st.integers(1, 3))
    def asks_again(self, account: str, campaign: int, times: int) -> None:
        self.act([self._resend(account, campaign) for _ in range(times)], account)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, guesses=st.sampled_from([1, 4, 5, 9]))
    def guesses(self, account: str, campaign: int, guesses: int) -> None:
        if self._token(account, campaign) is not None and not self.entries[account, campaign].confirmed:
            self.act([self._guess(account, campaign) for _ in range(guesses)], account)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, step=st.sampled_from([5 * MINUTE, HOUR]))
    def asks_patiently(self, account: str, campaign: int, step: timedelta) -> None:
        """Ask after each pause, until no more codes are allowed."""
        for _ in range(6):
            self.wait(step)
            self.act([self._resend(account, campaign)], account)

    @rule(account=ACCOUNTS, numbers=st.permutations(range(12)))
    def registers_everywhere(self, account: str, numbers: Sequence[int]) -> None:
        for place, number in enumerate(numbers):
            self.act([self._register(account, place // 4, number)], account)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, numbers=st.lists(NUMBERS, min_size=1, max_size=5, unique=True))
    def fails(self, account: str, campaign: int, numbers: Sequence[int]) -> None:
        """As fast as a program can."""
        for number in numbers:
            self.act([self._register(account, campaign, number)], account)
            self.guesses(account, campaign, 5)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS, times=st.integers(1, 3))
    def fails_again(self, account: str, campaign: int, times: int) -> None:
        for _ in range(times):
            self.wait(5 * MINUTE)
            self.act([self._resend(account, campaign)], account)
            self.guesses(account, campaign, 5)

    @rule(account=ACCOUNTS)
    def fails_with_codes_in_hand(self, account: str) -> None:
        """Exhaust three challenges while three others are open."""
        for campaign, number in enumerate((1, 2, 3)):
            self.fails(account, campaign, [number])
        for campaign, number in enumerate((4, 5, 6)):
            self.act([self._register(account, campaign, number)], account)
        for campaign in range(3):
            self.guesses(account, campaign, 5)

    @rule(campaign=CAMPAIGNS, accounts=st.sets(ACCOUNTS, min_size=1, max_size=4), again=st.integers(0, 2))
    def strangers_fail_on_the_owner_s_number(self, campaign: int, accounts: set[str], again: int) -> None:
        for account in sorted(accounts):
            self.fails(account, campaign, [0])
            self.fails_again(account, campaign, again)
        self.owner_acts(campaign)

    @rule(campaign=CAMPAIGNS, number=NUMBERS)
    def staff_frees(self, campaign: int, number: int) -> None:
        command = FreePhoneCommand(campaign_id=self.campaign(campaign), phone=self.phone(number))
        freed = self.run(self.house.free(command))
        owner = next((who for who, entry in self.entries.items() if self._has(entry, campaign, number)), None)
        assert (freed is None) is (owner is None)
        if owner is not None:
            self._look(*owner)

    @rule(account=ACCOUNTS, campaign=CAMPAIGNS)
    def confirms_a_number_of_its_own(self, account: str, campaign: int) -> None:
        entry, token = self.entries.get((account, campaign)), self._token(account, campaign)
        if entry is not None and token is not None and entry.details.phone != self.phone(0):
            self.act([self._confirm(account, campaign, self.codes[entry.details.phone])], account)

    @rule(campaign=CAMPAIGNS)
    def owner_acts(self, campaign: int) -> None:
        """Register with the own number, ask for a code if none came, and answer with the code that comes.

        An identical repeat sends none: so it is when staff have freed the number in between.
        """
        (registered,) = self.act([self._register(OWNER, campaign, 0)], OWNER)
        strangers = self._failed_strangers(campaign)
        if isinstance(registered, PhoneUnavailable):
            assert len(strangers) >= STRANGERS_TO_BLOCK, "one stranger has locked the owner out"
            return
        assert registered is None, registered
        if self.entries[OWNER, campaign].confirmed:
            return
        if self._token(OWNER, campaign) is None:
            self.act([self._resend(OWNER, campaign)], OWNER)
        if self._token(OWNER, campaign) is None:
            assert self.sends.within(DAY, self.now, OWNER, 0) or len(self.touched[0] - {OWNER}) > 1, (
                "one stranger keeps the owner from the first code"
            )
            return
        if self._fresh(self.entries[OWNER, campaign]):
            answer = self._confirm(OWNER, campaign, self.codes[self.phone(0)])
            assert self.act([answer], OWNER) == [None], "the right code of an owner"

    # What must hold

    def act(self, acts: Iterable[Coroutine[Any, Any, None]], account: str) -> list[DomainError | None]:
        """Run the calls together. Every message that they send is counted for this account."""
        before = len(self.house.sms.sent)

        async def tried(act: Coroutine[Any, Any, None]) -> DomainError | None:
            try:
                await act
            except DomainError as refusal:
                return refusal
            return None

        async def all_of_them() -> list[DomainError | None]:
            return list(await asyncio.gather(*map(tried, acts)))

        outcome = self.run(all_of_them())
        for text in self.house.sms.sent[before:]:
            number = int(text.to[5:]) - 2_000_000 - self.story * 12
            self._sent(account, number)
            found = re.match(r"\d{6}", text.body)
            assert found is not None
            self.codes[text.to] = found.group()
        self._look(account, *range(3))
        return outcome

    def _sent(self, account: str, number: int) -> None:
        """The one place where every rule about codes is checked."""
        now, mine, all_mine = self.now, (account, number), (account,)
        earlier = [at for at in self.sends.times[mine] if at > now - DAY]
        if earlier:
            assert now - earlier[-1] >= PAUSES[min(len(earlier), len(PAUSES)) - 1], "a pause was not respected"
        for name in (mine, all_mine, (number,)):
            self.sends.times[name].append(now)
        assert self.sends.within(HOUR, now, *mine) <= A_SHARE[0]
        assert self.sends.within(DAY, now, *mine) <= A_SHARE[1]
        assert self.sends.within(HOUR, now, number) <= A_NUMBER[0]
        assert self.sends.within(DAY, now, number) <= A_NUMBER[1]
        assert self.sends.within(DAY, now, *all_mine) <= CODES_A_DAY
        assert self.exhausted.within(DAY, now, account) < FAILURES_A_DAY, "no codes for accounts that only guess"

    def _used(self, account: str, campaign: int, number: int) -> None:
        """Record that a request about the number was answered, with any outcome."""
        self.used.times[account, campaign, number].append(self.now)
        self.touched[number].add(account)
        uses = [(name, at) for name, times in self.used.times.items() if name[0] == account for at in times]
        assert len({name[2] for name, _ in uses if name[1] == campaign}) <= NUMBERS_A_CAMPAIGN
        today = {name[2] for name, at in uses if at > self.now - DAY + HOLD}
        assert len(today) <= self.house.numbers_a_day

    async def _register(self, account: str, campaign: int, number: int) -> None:
        before = self.entries.get((account, campaign))
        command = RegisterFanCommand(
            campaign_id=self.campaign(campaign),
            user_id=self.user(account),
            phone=self.phone(number),
            markets=["nyc"],
        )
        try:
            await self.house.register(command)
        except BudgetUsedUp:
            assert account != OWNER, "an owner with one number has used up nothing"
            raise
        except PhoneUnavailable:
            self._used(account, campaign, number)
            raise
        if before is None or before.details.phone != self.phone(number):
            self._used(account, campaign, number)

    async def _resend(self, account: str, campaign: int) -> None:
        await self.house.resend(self.campaign(campaign), self.user(account))

    async def _guess(self, account: str, campaign: int) -> None:
        entry = self.entries[account, campaign]
        right = self.codes[entry.details.phone]
        try:
            await self._confirm(account, campaign, f"{(int(right) + 1) % 1_000_000:06}")
        except WrongConfirmationCode as wrong:
            if wrong.context["attemptsLeft"] == 0:
                self.exhausted.times[account,].append(self.now)
                number = int(entry.details.phone[5:]) - 2_000_000 - self.story * 12
                self.exhausted.times[account, campaign, number].append(self.now)
                assert self.exhausted.within(DAY, self.now, account) <= FAILURES_A_DAY
            raise

    async def _confirm(self, account: str, campaign: int, code: str) -> None:
        token = self._token(account, campaign)
        assert token is not None
        await self.house.confirm(
            ConfirmPhoneCommand(
                campaign_id=self.campaign(campaign), user_id=self.user(account), token=token, code=code
            )
        )

    # What is known

    def _look(self, account: str, *campaigns: int) -> None:
        entries = self.house.register.entries

        async def looked() -> list[Entry | None]:
            return [await entries.get(self.campaign(campaign), self.user(account)) for campaign in campaigns]

        for campaign, entry in zip(campaigns, self.run(looked()), strict=True):
            if entry is not None:
                self.entries[account, campaign] = entry

    def _token(self, account: str, campaign: int) -> str | None:
        entry = self.entries.get((account, campaign))
        verification = entry.verification if entry else None
        challenge = verification.challenge if verification else None
        return self.house.tokens.issue(challenge) if challenge else None

    def _has(self, entry: Entry, campaign: int, number: int) -> bool:
        there = entry.campaign_id == self.campaign(campaign) and entry.details.phone == self.phone(number)
        return there and entry.confirmed

    def _fresh(self, entry: Entry) -> bool:
        """The owner's code is the one of this campaign, and not too old."""
        challenge = entry.verification.challenge if entry.verification else None
        assert challenge is not None
        code = self.codes[self.phone(0)]
        return not challenge.expired(self.now) and challenge.answered_by(code, KEY) and not challenge.exhausted

    def _failed_strangers(self, campaign: int) -> set[str]:
        return {
            name[0]
            for name, times in self.exhausted.times.items()
            if name[1:] == (campaign, 0) and name[0] != OWNER and any(at > self.now - 2 * DAY for at in times)
        }
