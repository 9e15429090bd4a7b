"""Use cases that are counted: each does what the use case behind it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.usecases.registrations.confirm_phone import Confirmed, ConfirmPhoneCommand
from entrypoints.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedConfirmPhone:
    """Counts the phones that fans confirm with a code, each once."""

    confirm_phone: Callable[[ConfirmPhoneCommand], Awaitable[Confirmed]]
    metrics: Metrics

    async def __call__(self, command: ConfirmPhoneCommand) -> Confirmed:
        confirmed = await self.confirm_phone(command)
        if confirmed.newly:
            self.metrics.phone_verified()
        return confirmed
