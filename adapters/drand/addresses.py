"""Where the public reads a round of drand."""

from typing import Final
from urllib.parse import urlsplit

from domain.model.draws.beacons import DrandRound

DRAND_SERVER: Final = "https://api.drand.sh"
"""Any server has the same rounds: what it says is proved by the signature."""


def public_server(url: str) -> str:
    """The configured server, without a user. One with ``http://`` is a relay inside the own network: the public is
    sent to drand's own server."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"https://{host}{parts.path.rstrip('/')}" if parts.scheme == "https" else DRAND_SERVER


def round_address(wanted: DrandRound, server: str = DRAND_SERVER) -> str:
    return f"{server}/{wanted.chain}/public/{wanted.round}"
