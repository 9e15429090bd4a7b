"""How a process of ``fangate serve`` accepts connections."""

import asyncio
import socket
from contextlib import ExitStack

import uvloop

from entrypoints.cli.listening import ACCEPTED_AT_ONCE, listeners

CALLERS = 4 * ACCEPTED_AT_ONCE


class Accepted(asyncio.Protocol):
    def __init__(self, turns: list[int]) -> None:
        self._turns = turns

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._turns[-1] += 1
        transport.close()


async def accepted(bound: socket.socket) -> list[int]:
    """Callers come at the same time. How many of them each turn of the event loop accepts, until all are."""
    turns = [0]
    with ExitStack() as stack:
        await _accept(bound, turns, stack)
    return turns


async def _accept(bound: socket.socket, turns: list[int], stack: ExitStack) -> None:
    loop = asyncio.get_running_loop()
    for one in listeners(bound):
        server = await loop.create_server(lambda: Accepted(turns), sock=one, backlog=CALLERS)
        stack.callback(server.close)
    for _ in range(CALLERS):
        stack.enter_context(socket.create_connection(bound.getsockname()))
    while sum(turns) < CALLERS:
        turns.append(0)
        await asyncio.sleep(0)


def test_callers_that_come_at_the_same_time_are_accepted_in_a_few_turns() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        turns = uvloop.run(accepted(bound))

    assert max(turns) == ACCEPTED_AT_ONCE
