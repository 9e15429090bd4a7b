"""The ceiling of a request: an ASGI application that does nothing but answer, on the service's own server.

Run as a program it reads the answer from standard input, as JSON, and serves it on every path.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal, cast

import httpx2
import uvicorn

from entrypoints.http.server.protocol import Protocol
from entrypoints.http.server.wire_limits import Limits
from tests.bench import load
from tests.support.paths import ROOT
from tests.support.servers.ports import free_port
from tests.support.servers.service import Service

PATIENCE_SECONDS = 30.0


@contextmanager
def bare_app(running: Service, request: bytes) -> Iterator[tuple[str, int]]:
    """Serves what the service answers to this request, its headers included. The URL and the process."""
    with started("tests.bench.bare_app", load.answer_to(running.url, request)) as bare:
        yield bare


@contextmanager
def started(module: str, given: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The program of this module, which reads ``given`` from standard input. The URL and the process."""
    port = free_port()
    command = [sys.executable, "-m", module, str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url, process.pid
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            httpx2.get(url, timeout=2, trust_env=False)
        except httpx2.TransportError:
            assert time.monotonic() < deadline, "the bare application did not start"
            time.sleep(0.05)
        else:
            return


def answering(answer: Mapping[str, Any]) -> Any:
    headers = [(name.encode(), value.encode()) for name, value in answer["headers"]]
    status, body = answer["status"], answer["body"].encode()

    async def app(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return app


def run_app(app: Any, *, lifespan: Literal["on", "off"] = "off") -> None:
    config = uvicorn.Config(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http=cast(Any, partial(Protocol, limits=Limits())),
        ws="none",
        lifespan=lifespan,
        access_log=False,
        log_config=None,
        server_header=False,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    run_app(answering(json.load(sys.stdin)))
