"""Sockets to listen on, bound before anything is opened."""

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
    """A socket bound there; ``options`` is how the command calls host and port: ``--metrics`` for --metrics-host.

    Raises ConfigurationError with the reason why there can be none.
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
    except (OSError, UnicodeError) as error:  # that no such host is known is one, too
        number = error.errno if isinstance(error, OSError) else None
        reason = _REASONS.get(number or 0, "cannot be listened to: is {host} right?").format(**names)
        raise ConfigurationError(f"{shown(host)}:{port} {reason}") from None
    return bound


def shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
