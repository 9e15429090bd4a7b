"""The neighbours in this process's memory: for tests, for the demo, for trying things out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.model.draws.beacons import DrandRound
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import Campaign, Fan
from domain.model.registrations.entry import Fraud
from domain.model.registrations.errors import CampaignNotFound, UserNotFound
from domain.model.registrations.phones import PhoneNumber
from ports.neighbours import RegistrationAttempt


class MemoryCampaigns:
    def __init__(self, campaigns: Iterable[Campaign] = ()) -> None:
        self._campaigns = {campaign.id: campaign for campaign in campaigns}

    def put(self, campaign: Campaign) -> None:
        """For the test's set-up."""
        self._campaigns[campaign.id] = campaign

    def forget(self, campaign_id: CampaignId) -> None:
        del self._campaigns[campaign_id]

    async def get(self, campaign_id: CampaignId) -> Campaign:
        try:
            return self._campaigns[campaign_id]
        except KeyError as error:
            raise CampaignNotFound from error


class MemoryUsers:
    def __init__(self, fans: Iterable[Fan] = ()) -> None:
        self._fans = {fan.id: fan for fan in fans}
        self._answers = True

    def put(self, fan: Fan) -> None:
        """For the test's set-up."""
        self._fans[fan.id] = fan

    def remove(self, user_id: UserId) -> None:
        """For tests: the account is closed."""
        del self._fans[user_id]

    def answer(self, *, answers: bool) -> None:
        """For tests: whether it answers, from now on."""
        self._answers = answers

    async def get(self, user_id: UserId) -> Fan:
        if not self._answers:
            raise Unavailable("users")
        try:
            return self._fans[user_id]
        except KeyError as error:
            raise UserNotFound from error


class MemoryFanscore:
    """Knows the scores it was given."""

    def __init__(self, scores: dict[UserId, float] | None = None, *, configured: bool = True) -> None:
        self._scores = dict(scores or {})
        self._configured = configured
        self._answers = True

    @property
    def configured(self) -> bool:
        return self._configured

    def put(self, user_id: UserId, score: float) -> None:
        """For the test's set-up."""
        self._scores[user_id] = score

    def answer(self, *, answers: bool) -> None:
        """For the test's set-up: whether it answers, from now on."""
        self._answers = answers

    async def fanscore(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        return self._scores.get(user_id) if self._answers else None

    async def ask(self, user_id: UserId, campaign_id: CampaignId) -> float | None:
        if not self._answers:
            raise Unavailable("fanscore")
        return self._scores.get(user_id)


class MemoryFraudDetection:
    """Gives every fan the same assessment, and remembers what it was asked."""

    def __init__(self, opinion: Fraud | None = None) -> None:
        self._opinion = opinion or Fraud()
        self.attempts: list[RegistrationAttempt] = []

    def think(self, opinion: Fraud) -> None:
        """For the test's set-up."""
        self._opinion = opinion

    async def assess(self, attempt: RegistrationAttempt) -> Fraud:
        self.attempts.append(attempt)
        return self._opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    to: PhoneNumber = field(repr=False)
    body: str = field(repr=False)


class MemorySms:
    """Keeps what was sent, the oldest first."""

    def __init__(self) -> None:
        self.sent: list[TextMessage] = []

    async def send(self, to: PhoneNumber, body: str) -> None:
        self.sent.append(TextMessage(to=to, body=body))


class MemoryBeacon:
    """Knows the rounds it was given."""

    def __init__(self, published: dict[int, str] | None = None, *, configured: bool = True) -> None:
        self._published = dict(published or {})
        self._configured = configured
        self._answers = True

    @property
    def configured(self) -> bool:
        return self._configured

    def public_address(self, wanted: DrandRound) -> str:
        return f"https://drand.example.org/{wanted.chain}/public/{wanted.round}"

    def publish(self, round: int, randomness: str) -> None:
        """For the test's set-up."""
        self._published[round] = randomness

    def answer(self, *, answers: bool) -> None:
        """For the test's set-up: whether it answers, from now on."""
        self._answers = answers

    async def randomness(self, wanted: DrandRound) -> str | None:
        if not self._answers:
            raise Unavailable("beacon")
        return self._published.get(wanted.round)
