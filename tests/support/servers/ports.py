"""Free ports on this machine."""

import random
import socket
from contextlib import suppress
from typing import Final

PORTS: Final = range(12_000, 32_000)
"""Below the ports that Linux gives to outgoing connections. One of those can be taken while a server starts; a
Java machine needs ten seconds and more."""
_CHANCE: Final = random.SystemRandom()
"""Processes that run tests side by side share no seed."""


def free_port() -> int:
    while True:
        port = _CHANCE.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
