"""A person, over all campaigns: the places that hold something of the person, and the name that is left."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.model.ids import CampaignId, UserId

PREFIX: Final = "erased:"
DIGITS: Final = 16


def pseudonym_of(user_id: UserId, key: bytes) -> UserId:
    """What stands in the place of an erased person's id. Without the key, the id cannot be found from it."""
    digest = hmac.digest(key, f"person\0{user_id}".encode(), hashlib.sha256).hex()
    return UserId(PREFIX + digest[:DIGITS])


class Place(StrEnum):
    """Each place that holds something of a person, in the order in which an erasure clears them.

    Entries come first, so that a change that is under way adds nothing behind the erasure. The audit log comes
    last.
    """

    ENTRIES = "entries"
    HISTORIES = "histories"
    """Of the registrations of others, which a member of staff has changed."""
    SCORING = "scoring"
    PARKED = "parked"
    PHONE_FAILURES = "phoneFailures"
    BUDGETS = "budgets"
    RATE_LIMITS = "rateLimits"
    CODES = "codes"
    IMPORTS = "imports"
    PUBLISHED = "published"
    AUDIT = "audit"


Found = Mapping[Place, int]
"""How many things of a person each place holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedScore:
    """The score that staff uploaded for a fan."""

    campaign_id: CampaignId
    score: float
    selection: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedCode:
    campaign_id: CampaignId
    code: str
    type: str
    assigned_at: datetime
