"""A neighbour that does what it is told: answers as scripted, or is in one of the troubles neighbours have."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.servers.ports import free_port

SLOW_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """As it came, not decoded."""
    query: dict[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By their names in small letters."""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: object = None
    """Bytes as they are, anything else as JSON."""
    seconds: float = 0
    """To wait before answering."""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    """Close the connection instead of answering."""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Request], Reply]

TROUBLES: dict[str, Reply] = {
    "hangs_up": Reply(hang_up=True),
    "slow": Reply(seconds=SLOW_SECONDS),
    "error": Reply(500, {"error": "internal"}),
    "gateway": Reply(503, b"<html>"),
    "not_json": Reply(200, b"<html>Welcome</html>"),
    "not_utf8": Reply(200, b'{"id": "\xff\xfe"}'),
    "other_json": Reply(200, ["welcome"]),
    "empty": Reply(200, b""),
    "nested": Reply(200, b"[" * 100_000),
    "endless": Reply(200, b" " * 3_000_000),
    "redirect": Reply(302, b"", headers={"Location": "/elsewhere"}),
    "forbidden": Reply(403, {"error": "forbidden"}),
}
"""What the neighbour says to everything then. Being down is the one more, see ``Neighbour.stop``."""


class Neighbour:
    """An HTTP server on this machine. It may be stopped and started again on the same port."""

    def __init__(self, script: Script) -> None:
        self._port = free_port()
        self._script = script
        self._server: _Server | None = None
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def say(self, script: Script | Reply) -> None:
        """From now on."""
        self._script = script if callable(script) else lambda _: script

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        return self._script(request)

    def start(self) -> None:
        self._server = _Server(self, self._port)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """From now on connections are refused."""
        if self._server is not None:
            self._server.gone.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    request_queue_size = 256

    def __init__(self, neighbour: Neighbour, port: int) -> None:
        self.neighbour = neighbour
        self.gone = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers who do not wait for the answer are expected here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.neighbour.connections += 1

    def _answer(self) -> None:
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, target.path, dict(parse_qsl(target.query)), body, headers)
        reply = self.server.neighbour.reply(request)
        if reply.seconds:
            self.server.gone.wait(reply.seconds)
        if reply.hang_up or self.server.gone.is_set():
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    do_GET = _answer  # noqa: N815 -- the names http.server looks for
    do_POST = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Not to standard error."""


def nothing_here(_: Request) -> Reply:
    return Reply(404, {"error": "not found"})


def records(bodies: Mapping[str, object]) -> Script:
    """Each of ``bodies`` under its key as the last segment of the path, whatever is before it."""

    def answer(request: Request) -> Reply:
        body = bodies.get(unquote(request.path.rpartition("/")[2]))
        return nothing_here(request) if body is None else Reply(200, body)

    return answer


@contextmanager
def neighbour(script: Script = nothing_here) -> Iterator[Neighbour]:
    """A running neighbour for as long as the block lasts."""
    running = Neighbour(script)
    running.start()
    try:
        yield running
    finally:
        running.stop()
