"""Where no beacon is configured."""

from typing import Final

from domain.model.draws.beacons import DrandRound
from domain.model.errors import Unavailable


class NoBeacon:
    """For installations that draw with randomness given by hand only."""

    configured: Final = False

    async def randomness(self, wanted: DrandRound) -> str | None:
        raise Unavailable("beacon", reason="no beacon is configured")
