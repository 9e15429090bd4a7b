"""Serves on a socket, and prints the address when it answers."""

import socket
import sys
from contextlib import suppress
from typing import Final

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from entrypoints.listening import shown

STARTUP_FAILED: Final = 3
ACCEPTED_AT_ONCE: Final = 16
"""Connections that a process accepts in one turn of the event loop."""


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            _announce(sockets[0])


class _Processes(Multiprocess):
    _announced = False

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if not self._announced and any(process.is_ready(timeout=1) for process in self.processes):
            self._announced = True
            _announce(self.sockets[0])


def run(config: uvicorn.Config, bound: socket.socket) -> None:
    """Serve until a stop signal, in as many processes as ``config`` says."""
    server, sockets = _Server(config), listeners(bound)
    with suppress(KeyboardInterrupt):
        if config.workers > 1:
            _Processes(config, sockets=sockets).run()
            return
        server.run(sockets=sockets)
    if not server.started:
        sys.exit(STARTUP_FAILED)


def listeners(bound: socket.socket) -> list[socket.socket]:
    """The socket, and duplicates of it.

    The event loop accepts one connection of each socket in a turn. On a busy process a turn is long, and with one
    socket new callers would wait in the backlog until they give up, while others are served.
    """
    return [bound, *(bound.dup() for _ in range(ACCEPTED_AT_ONCE - 1))]


def _announce(bound: socket.socket) -> None:
    host, port = bound.getsockname()[:2]
    address = f"http://{shown(host)}:{port}"
    structlog.get_logger().info("http.listening", address=address, docs=f"{address}/docs")
