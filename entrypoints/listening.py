"""Sockets to listen on. They are bound before anything else is opened."""

import errno
import socket
from typing import Final

from entrypoints.config.settings import ConfigurationError

_REASONS: Final = {
    errno.EADDRINUSE: "is in use by another process: stop it, or choose another {port}",
    errno.EACCES: "is not allowed for this user: choose a {port} of 1024 or more",
    errno.EADDRNOTAVAIL: "is no address of this machine: choose another {host}",
}


def listen(host: str, port: int, *, options: str = "") -> socket.socket:
    """A socket bound to this address. ``options`` is the prefix of the command's options: ``--metrics`` for
    --metrics-host.

    Raises ConfigurationError with the reason when it cannot be bound.
    """
    names = {name: f"{options or '-'}-{name}" for name in ("host", "port")}
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.set_inheritable(True)
        except BaseException:
            bound.close()
            raise
    except (OSError, UnicodeError) as error:  # an unknown host is an OSError, too
        number = error.errno if isinstance(error, OSError) else None
        reason = _REASONS.get(number or 0, "cannot be listened to: is {host} right?").format(**names)
        raise ConfigurationError(f"{shown(host)}:{port} {reason}") from None
    return bound


def shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
