"""Fraud detection."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from domain.model.entries import Fraud
from domain.model.ids import CampaignId, UserId
from domain.model.phones import PhoneNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A registration or change, as the fraud detection looks at it."""

    campaign_id: CampaignId
    user_id: UserId
    phone: PhoneNumber = field(repr=False)
    email: str | None = field(repr=False)
    session_id: str | None = None
    ip: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    connection_ip: str | None = field(default=None, repr=False)
    """``ip`` and ``user_agent`` are what the caller told, this and the next what the connection shows."""
    connection_user_agent: str | None = None
    event: Literal["create", "update"]


class FraudDetection(Protocol):
    async def assess(self, attempt: Attempt) -> Fraud:
        """What it thinks; ``unavailable`` without an answer within 300 ms, ``not_asked`` where there is nobody to
        ask. Never raises."""
        ...
