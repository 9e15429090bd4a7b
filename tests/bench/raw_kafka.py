"""The ceiling of relaying: aiokafka alone, with the product's settings for safety, sends bytes from memory.

Run as a program it reads lines ``key TAB body`` from a file, sends them, and prints the seconds that took.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from aiokafka import AIOKafkaProducer

from tests.support.paths import ROOT

AT_ONCE = 500
"""Sends that are waited for together."""


def seconds(servers: str, topic: str, lines: Path) -> float:
    """How long sending them all takes, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.raw_kafka", servers, topic, str(lines)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return float(json.loads(done.stdout))


async def _send(servers: str, topic: str, messages: Sequence[tuple[bytes, bytes]]) -> float:
    producer = AIOKafkaProducer(
        bootstrap_servers=servers.split(","),
        enable_idempotence=True,
        acks="all",
        linger_ms=10,
        max_batch_size=65_536,
        request_timeout_ms=15_000,
    )
    await producer.start()
    try:
        await producer.partitions_for(topic)
        began = time.perf_counter()
        for start in range(0, len(messages), AT_ONCE):
            some = messages[start : start + AT_ONCE]
            futures = [await producer.send(topic, value=body, key=key) for key, body in some]
            await asyncio.gather(*futures)
        return time.perf_counter() - began
    finally:
        await producer.stop()


def main() -> None:
    servers, topic, lines = sys.argv[1:]
    split = (line.split(b"\t", 1) for line in Path(lines).read_bytes().splitlines())
    messages = [(key, body) for key, body in split]
    sys.stdout.write(json.dumps(uvloop.run(_send(servers, topic, messages))))


if __name__ == "__main__":
    main()
