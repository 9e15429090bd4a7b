"""A load generator without pauses, in a process of its own. It uses little CPU.

Run as a program it reads scripts from standard input, each of some HTTP/1.1 requests that follow one another, and
plays them over keep-alive connections: a connection that has finished a script takes the next one. ``measure``
runs it in this way.
"""

import argparse
import asyncio
import http.client
import itertools
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

from tests.bench.figures import percentiles
from tests.support.paths import ROOT

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"

Scripts = Sequence[Sequence[bytes]]


@dataclass(slots=True, kw_only=True)
class Load:
    """The answers and times that the callers measured."""

    seconds: float
    milliseconds: list[float]
    """How long each answer within the measured time took."""
    statuses: dict[str, int]
    """Of all answers, those of the warm-up included."""
    cpu: float
    """The share of one core that the callers themselves took."""

    @property
    def rate(self) -> float:
        return len(self.milliseconds) / self.seconds

    @property
    def served(self) -> int:
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))

    @property
    def refused(self) -> int:
        return sum(self.statuses.values()) - self.served

    def summary(self) -> str:
        times = percentiles(self.milliseconds)
        return f"{self.rate:,.0f}/s, {times}, {self.refused} refused, callers took {self.cpu:.0%} of a core"


def measure(
    url: str, scripts: Scripts, *, callers: int, warm_up: float, seconds: float, once: bool = False
) -> Load:
    """Play the scripts repeatedly, or each only once if ``once`` is set."""
    numbers = (url.rpartition(":")[2], str(callers), str(warm_up), str(seconds))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", *numbers, *(["--once"] if once else [])],
        input=json.dumps([[request.decode() for request in script] for script in scripts]).encode(),
        capture_output=True,
        cwd=ROOT,
        timeout=warm_up + seconds + 60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the callers failed:\n{done.stderr.decode()}")
    return Load(**json.loads(done.stdout))


def request_bytes(method: str, path: str, *, token: str = "", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode() + body


def answer_to(url: str, request: bytes) -> dict[str, Any]:
    """Status, headers and body of the answer to one request; without the date, which the server adds itself."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = answer.read()
    headers = [(name.lower(), value) for name, value in answer.getheaders() if name.lower() != "date"]
    return {"status": answer.status, "headers": headers, "body": body.decode()}


@dataclass(slots=True, kw_only=True)
class _Run:
    scripts: Iterator[Sequence[bytes]]
    measured_from: float
    until: float
    ran_out: bool = False
    """There were too few scripts for the time."""
    statuses: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)


class _Caller(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._script: Iterator[bytes] = iter(())
        self._received = b""
        self._began = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of asyncio's
        self._call()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(HEAD_END)
        if found and len(rest) >= _length(head):
            self._received = b""
            self._answered(head[9:12].decode())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._run.statuses["cut off"] += 1
            self.done.set_result(None)

    def _call(self) -> None:
        self._began = time.perf_counter()
        if self._began < self._run.until and (request := self._next()):
            self._transport.write(request)
        else:
            self.done.set_result(None)
            self._transport.close()

    def _next(self) -> bytes | None:
        while (request := next(self._script, None)) is None:
            script = next(self._run.scripts, None)
            if script is None:
                self._run.ran_out = True
                return None
            self._script = iter(script)
        return request

    def _answered(self, status: str) -> None:
        now = time.perf_counter()
        self._run.statuses[status] += 1
        if self._run.measured_from <= now < self._run.until:
            self._run.milliseconds.append((now - self._began) * 1000)
        self._call()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def _call_all(
    port: int, callers: int, warm_up: float, seconds: float, scripts: Iterator[Sequence[bytes]]
) -> Load:
    start = time.perf_counter()
    run = _Run(scripts=scripts, measured_from=start + warm_up, until=start + warm_up + seconds)
    loop = asyncio.get_running_loop()
    connected = [await loop.create_connection(lambda: _Caller(run), "127.0.0.1", port) for _ in range(callers)]
    await asyncio.gather(*(caller.done for _, caller in connected))
    if run.ran_out:
        raise RuntimeError("there were too few scripts for the time")
    cpu = time.process_time() / (time.perf_counter() - start)
    return Load(seconds=seconds, milliseconds=run.milliseconds, statuses=dict(run.statuses), cpu=cpu)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, kind in (("port", int), ("callers", int), ("warm_up", float), ("seconds", float)):
        parser.add_argument(name, type=kind)
    parser.add_argument("--once", action="store_true")
    given = parser.parse_args()
    written = [[request.encode() for request in script] for script in json.load(sys.stdin)]
    scripts = iter(written) if given.once else itertools.cycle(written)
    load = uvloop.run(_call_all(given.port, given.callers, given.warm_up, given.seconds, scripts))
    json.dump(asdict(load), sys.stdout)


if __name__ == "__main__":
    main()
