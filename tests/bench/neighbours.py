"""Every neighbour of Fangate in one process; each takes 20 ms to answer.

It parses only the first line and the length, so that it does not distort the figures.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvloop

from tests.support.paths import ROOT

SECONDS = 0.02
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
UNKNOWN = "unknown-"
"""The fans with this prefix in their id have no fanscore yet."""
MARKETS = ("nyc", "bos", "chi", "lax")


@contextmanager
def neighbours() -> Iterator[dict[str, str]]:
    """The settings that point a service to the neighbours, while the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.neighbours", str(SECONDS)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        everyone = dict.fromkeys(("CAMPAIGNS", "USERS", "FANSCORE", "FRAUD"), url) | {"SMS": f"{url}/sms"}
        yield {f"FANGATE_{name}": where for name, where in everyone.items()}
    finally:
        process.terminate()
        process.wait()


def campaign(id: str) -> dict[str, Any]:
    """Every campaign is open, requires a confirmed phone and has four markets."""
    return {
        "id": id,
        "name": "A tour",
        "status": "open",
        "opensAt": None,
        "closesAt": None,
        "needsPhoneConfirmation": True,
        "gates": {"inviteOnly": False, "linkedAccounts": ["spotify"], "verifiedCard": True},
        "markets": [{"id": market, "name": market} for market in MARKETS],
        "defaultRegion": "US",
    }


def account(id: str) -> dict[str, Any]:
    """Every fan passes every gate, and the account has no phone yet."""
    return {
        "id": id,
        "email": f"{id}@example.com",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "phone": None,
        "phoneVerified": False,
        "linkedAccounts": ["spotify"],
        "verifiedCard": True,
        "inviteCodes": {},
    }


def _body(target: str) -> dict[str, Any]:
    path, _, query = target.partition("?")
    match path.split("/")[1:]:
        case ["campaigns", id]:
            return campaign(id)
        case ["users", id]:
            return account(id)
        case ["users", id, "fanscore"] if query:
            if id.startswith(UNKNOWN):
                raise LookupError
            return {"value": 0.82}
        case ["assess"]:
            return {"score": 3, "band": "green"}
        case ["sms"]:
            return {}
    raise ValueError(f"no neighbour has the path {path}")


class _Neighbour(asyncio.Protocol):
    """One connection of the service: a request, a pause, its answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of asyncio's

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(HEAD_END)
        if found and len(rest) >= _length(head):
            self._received = b""
            target = head.split(b" ", 2)[1].decode()
            asyncio.get_running_loop().call_later(self._seconds, self._answer, target)

    def _answer(self, target: str) -> None:
        try:
            status, body = "200 OK", json.dumps(_body(target)).encode()
        except LookupError:
            status, body = "404 Not Found", b"{}"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Neighbour(seconds), "127.0.0.1", 0, backlog=1_024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    uvloop.run(_serve(parser.parse_args().seconds))
