"""Where the service listens: bound before anything is opened, told once it answers."""

import errno
import socket
import sys
from contextlib import suppress
from typing import Final

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from entrypoints.settings import ConfigurationError

STARTUP_FAILED: Final = 3
_REASONS: Final = {
    errno.EADDRINUSE: "is in use by another process: stop it, or choose another --port",
    errno.EACCES: "is not allowed for this user: choose a --port of 1024 or more",
    errno.EADDRNOTAVAIL: "is no address of this machine: choose another --host",
}


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            _tell(sockets[0])


class _Processes(Multiprocess):
    _told = False

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if not self._told and any(process.is_ready(timeout=1) for process in self.processes):
            self._told = True
            _tell(self.sockets[0])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound there. Raises ConfigurationError with the reason why there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.set_inheritable(True)
        except BaseException:
            bound.close()
            raise
    except OSError as error:  # that no such host is known is one, too
        reason = _REASONS.get(error.errno or 0, "cannot be listened to: is --host right?")
        raise ConfigurationError(f"{_shown(host)}:{port} {reason}") from None
    return bound


def run(config: uvicorn.Config, bound: socket.socket) -> None:
    """Serve until told to stop, in as many processes as ``config`` asks for."""
    server = _Server(config)
    with suppress(KeyboardInterrupt):
        if config.workers > 1:
            _Processes(config, sockets=[bound]).run()
            return
        server.run(sockets=[bound])
    if not server.started:
        sys.exit(STARTUP_FAILED)


def _tell(bound: socket.socket) -> None:
    host, port = bound.getsockname()[:2]
    address = f"http://{_shown(host)}:{port}"
    structlog.get_logger().info("http.listening", address=address, docs=f"{address}/docs")


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
