"""How long a fan has to wait for a code."""

from datetime import datetime, timedelta

import pytest

from domain.model.registrations.entry import Entry
from domain.model.registrations.errors import ConfirmationTooSoon
from tests.usecases.registrations.scene import Fan


def resend_after(entry: Entry) -> datetime:
    """When the fan can ask for the next code."""
    assert entry.verification is not None
    return entry.verification.resend_after


def waits_for_code(entry: Entry) -> bool:
    """The registration is stored, and no code was sent."""
    return entry.verification is not None and entry.verification.challenge is None


async def too_soon(fan: Fan) -> timedelta:
    """The wait in the answer to a fan who asks now."""
    with pytest.raises(ConfirmationTooSoon) as refused:
        await fan.resend()
    return timedelta(seconds=refused.value.seconds)
