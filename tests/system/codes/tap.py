"""A relay in front of a server that can lose its answers: the request arrives, and the caller gets no answer."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class Tap:
    """Once a request for which ``last`` holds has passed, no answer gets through any more."""

    upstream: tuple[str, int]
    last: Callable[[bytes], bool]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    closed: threading.Event = field(default_factory=threading.Event)
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> str:
        host, port = self.listener.getsockname()
        return f"{host}:{port}"

    def accept(self) -> None:
        with contextlib.suppress(OSError):  # The listener is closed when it is over.
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.upstream)
                self.sockets += [client, server]
                threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while request := client.recv(CHUNK_BYTES):
                if self.last(request):
                    self.closed.set()
                server.sendall(request)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while answer := server.recv(CHUNK_BYTES):
                if not self.closed.is_set():
                    client.sendall(answer)

    def close(self) -> None:
        for end in [self.listener, *self.sockets]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def tap(upstream: tuple[str, int], last: Callable[[bytes], bool]) -> Iterator[Tap]:
    relay = Tap(upstream, last)
    accepting = threading.Thread(target=relay.accept, daemon=True)
    accepting.start()
    try:
        yield relay
    finally:
        relay.close()
        accepting.join()
