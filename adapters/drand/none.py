"""Where no beacon is configured."""

from typing import Final

from adapters.drand.addresses import round_address
from domain.model.draws.beacons import DrandRound
from domain.model.errors import Unavailable


class NoBeacon:
    """For installations that draw with randomness given by hand only."""

    configured: Final = False

    def public_address(self, wanted: DrandRound) -> str:
        return round_address(wanted)

    async def randomness(self, wanted: DrandRound) -> str | None:
        raise Unavailable("beacon", reason="no beacon is configured")
