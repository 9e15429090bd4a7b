"""What libraries log takes the form of our own, without what they may quote; and how lines leave the process."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from entrypoints.telemetry.logs import Lines

PROGRAM = """
import logging
from entrypoints.telemetry.logs import configure_logs

configure_logs("info")
logging.getLogger("driver").warning("refused %s", "SECRET-CODE-1")
logging.getLogger("driver").info("chatter")
try:
    raise ValueError("SECRET-CODE-1")
except ValueError:
    logging.getLogger("server").exception("broken\\nSECRET-CODE-1")
"""


def test_neither_arguments_nor_messages_of_exceptions_are_logged() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)

    refused, broken = map(json.loads, run.stderr.splitlines())
    assert run.stdout == ""
    assert "SECRET" not in run.stderr
    assert (refused["logger"], refused["message"], refused["level"]) == ("driver", "refused %s", "warning")
    assert (broken["message"], broken["error"], broken["level"]) == ("broken", "ValueError", "error")
    assert broken["at"] == ["<string>:9 <module>"]


async def test_lines_of_one_turn_are_written_together_and_in_order() -> None:
    out = Writes()
    lines = Lines(out)
    for number in range(3):
        lines.info(b"%d" % number)
    await asyncio.sleep(0)
    lines.error(b"3")
    await asyncio.sleep(0)

    assert out.written == [b"0\n1\n2\n", b"3\n"]


def test_without_an_event_loop_each_line_is_written_at_once() -> None:
    out = Writes()
    lines = Lines(out)
    lines.info(b"0")
    lines.info(b"1")

    assert out.written == [b"0\n", b"1\n"]


def test_lines_of_a_loop_that_ended_are_written_with_the_next() -> None:
    out = Writes()
    lines = Lines(out)
    loop = asyncio.new_event_loop()
    loop.call_soon(lambda: (loop.stop(), lines.info(b"0")))
    loop.run_forever()
    loop.close()
    lines.info(b"1")

    assert out.written == [b"0\n1\n"]


async def test_lines_of_other_threads_are_not_lost() -> None:
    out = Writes()
    lines = Lines(out)
    many = [[b"%d-%d" % (thread, number) for number in range(500)] for thread in range(4)]
    await asyncio.gather(*(asyncio.to_thread(_log, lines, some) for some in many))
    lines.info(b"last")
    await asyncio.sleep(0)

    found = b"".join(out.written).splitlines()
    assert sorted(found) == sorted([*(line for some in many for line in some), b"last"])


def _log(lines: Lines, some: Sequence[bytes]) -> None:
    for line in some:
        lines.info(line)


class Writes(io.BytesIO):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> int:
        self.written.append(bytes(data))
        return len(data)
