"""An HTTP server in place of an SMS gateway: the demo's text messages arrive here."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

CODE: Final = re.compile(r"\b\d{6}\b")


class SmsSink:
    """The phones of all fans in the demo."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._messages: dict[str, list[str]] = {}

    def take(self, to: str, body: str) -> None:
        self._messages.setdefault(to, []).append(body)

    @property
    def reached(self) -> dict[str, int]:
        """How many messages each number got."""
        return {phone: len(messages) for phone, messages in self._messages.items()}

    def read(self, phone: str) -> str:
        """The last message; empty if there is none."""
        return self._messages.get(phone, [""])[-1]

    def code(self, phone: str) -> str:
        """The code in the last message; without a message, a code that cannot be right."""
        found = CODE.search(self.read(phone))
        return found[0] if found else ""


@contextmanager
def sms_sink() -> Iterator[SmsSink]:
    """Take messages while the block lasts."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.sink
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    """Does not wait for connections that the service keeps open."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sink = SmsSink(f"http://127.0.0.1:{self.server_address[1]}/")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A service that stops closes its connections: do not print that."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sink.take(message["to"], message["body"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Do not log to standard error: the demo prints only its own steps."""
