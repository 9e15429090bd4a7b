"""A proxy between a client and AWS. It throttles, fails, delays and loses answers, as AWS does.

It forwards everything unchanged, except the operations named in ``Faults``. A test can change them at any moment.
"""

import http.client
import json
import random
import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.servers.shard_limits import ShardLimits

TIMEOUT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.05
_NOT_FORWARDED: Final = {"connection", "content-length", "host", "transfer-encoding", "date", "server", "expect"}
_THROTTLED: Final = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream test under account 123456789012.",
}
_BROKEN: Final = {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal service failure."}


@dataclass(slots=True)
class Faults:
    """The faults from now on. Chances are from 0 to 1."""

    operations: frozenset[str] = frozenset({"PutRecords"})
    """The operations that the next four apply to: the last part of the header X-Amz-Target."""
    errors: float = 0
    """Chance of a 500 before AWS receives the request."""
    dropped: float = 0
    """Chance that AWS executes the request and the answer is lost."""
    seconds: float = 0
    """To wait before anything else."""
    throttled: float = 0
    """Chance of each record of a PutRecords to be throttled, independent of the others."""
    limits: ShardLimits | None = None
    """Records beyond them are throttled."""
    failing_keys: frozenset[str] = frozenset()
    """The records with these partition keys are answered InternalFailure."""


@dataclass(slots=True)
class AwsProxy:
    """``url`` for the client; ``faults`` for the test."""

    url: str
    upstream: str
    faults: Faults = field(default_factory=Faults)
    chance: random.Random = field(default_factory=random.Random)
    done: Counter[str] = field(default_factory=Counter)
    """How often each fault struck, under its name, and ``requests`` to the operations."""
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    """To put records: of those that come at once, moto loses some that it acknowledges."""
    in_turn: bool = False
    """Every request is passed on alone, and a long poll as many short ones: of what comes at once to a queue, moto
    forgets some."""

    def struck(self, fault: str, chance: float) -> bool:
        hit = self.chance.random() < chance
        self.done[fault] += hit
        return hit


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    proxy: AwsProxy
    gone: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers who are killed, or do not wait for the answer, are expected here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        proxy = self.server.proxy
        operation = self._operation()
        if operation not in proxy.faults.operations:
            self._answer(*self._forwarded(body))
            return
        proxy.done["requests"] += 1
        if proxy.faults.seconds:
            self.server.gone.wait(proxy.faults.seconds)
        if proxy.struck("errors", proxy.faults.errors):
            self._answer(500, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(_error()).encode())
            return
        answer = self._put(body) if operation == "PutRecords" else self._forwarded(body)
        if proxy.struck("dropped", proxy.faults.dropped):
            self.close_connection = True
            return
        self._answer(*answer)

    def _operation(self) -> str:
        return self.headers.get("X-Amz-Target", "").rpartition(".")[2]

    def _put(self, body: bytes) -> "_Answer":
        """Only records without a fault are forwarded; the answer is assembled by position, as Kinesis does."""
        request = json.loads(body)
        failures = [self._failure(record) for record in request["Records"]]
        if not any(failures):
            return self._forwarded_in_turn(body)
        spared = [record for record, failed in zip(request["Records"], failures, strict=True) if failed is None]
        stored: Sequence[Any] = ()
        if spared:
            status, headers, content = self._forwarded_in_turn(json.dumps(request | {"Records": spared}).encode())
            if status != http.client.OK:
                return status, headers, content
            stored = json.loads(content)["Records"]
        results = iter(stored)
        records = [next(results) if failed is None else failed for failed in failures]
        answer = {"FailedRecordCount": len(records) - len(spared), "Records": records}
        return 200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(answer).encode()

    def _failure(self, record: dict[str, str]) -> dict[str, str] | None:
        proxy = self.server.proxy
        if record["PartitionKey"] in proxy.faults.failing_keys:
            proxy.done["failing_keys"] += 1
            return _BROKEN
        limits = proxy.faults.limits
        if limits is not None and not limits.takes(record["PartitionKey"], b64decode(record["Data"])):
            proxy.done["beyond_limits"] += 1
            return _THROTTLED
        return _THROTTLED if proxy.struck("throttled", proxy.faults.throttled) else None

    def _forwarded(self, body: bytes) -> "_Answer":
        if not self.server.proxy.in_turn:
            return self._sent(body)
        if self._operation() == "ReceiveMessage":
            return self._polled(json.loads(body))
        return self._forwarded_in_turn(body)

    def _polled(self, request: dict[str, Any]) -> "_Answer":
        """Others can send a message while this waits for one."""
        deadline = time.monotonic() + request.get("WaitTimeSeconds", 0)
        body = json.dumps(request | {"WaitTimeSeconds": 0}).encode()
        while True:
            answer = self._forwarded_in_turn(body)
            status, _, content = answer
            if status != http.client.OK or json.loads(content).get("Messages") or time.monotonic() >= deadline:
                return answer
            if self.server.gone.wait(POLL_SECONDS):
                return answer

    def _forwarded_in_turn(self, body: bytes) -> "_Answer":
        with self.server.proxy.one_at_a_time:
            return self._sent(body)

    def _sent(self, body: bytes) -> "_Answer":
        connection = http.client.HTTPConnection(
            urlsplit(self.server.proxy.upstream).netloc, timeout=TIMEOUT_SECONDS
        )
        try:
            connection.request(self.command, self.path, body, dict(_forwardable(self.headers.items())))
            answer = connection.getresponse()
            return answer.status, _forwardable(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: "list[tuple[str, str]]", content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _pass_on  # noqa: N815  # the names http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        """Not to standard error."""


_Answer = tuple[int, list[tuple[str, str]], bytes]


def _forwardable(headers: "list[tuple[str, str]]") -> "list[tuple[str, str]]":
    return [(name, value) for name, value in headers if name.lower() not in _NOT_FORWARDED]


def _error() -> dict[str, str]:
    return {"__type": "InternalFailure", "message": "Internal service failure."}


@contextmanager
def aws_proxy(upstream: str, *, seed: int = 0, in_turn: bool = False) -> Iterator[AwsProxy]:
    """In front of the AWS server at ``upstream`` for as long as the block lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.gone = threading.Event()
    url = f"http://127.0.0.1:{server.server_port}"
    server.proxy = AwsProxy(url, upstream, chance=random.Random(seed), in_turn=in_turn)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.proxy
    finally:
        server.gone.set()
        server.shutdown()
        server.server_close()
