"""Fangate's events, appended to a file: one CloudEvent a line, in order.

An example of a stream that another package brings; docs/adding-a-stream.md goes through it step by step.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from domain.model.cloud_events import OutgoingEvent
from domain.model.errors import Unavailable
from ports.events import TOO_LARGE, Refused, sort_out

MAX_LINE_BYTES: Final = 1_000_000


def ndjson_stream(url: str) -> AbstractAsyncContextManager["NdjsonStream"]:
    """What the entry point names. Raises ValueError where ``url`` names no file; opens nothing yet."""
    path = url.partition(":")[2]
    if not path or path.endswith("/"):
        raise ValueError("must name a file: ndjson:path")
    return _opened(Path(path))


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator["NdjsonStream"]:
    yield NdjsonStream(path)  # Connections would be made here, and closed behind it.


class NdjsonStream:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = asyncio.Lock()

    async def publish(self, events: Sequence[OutgoingEvent]) -> Sequence[Refused]:
        accepted, refused = sort_out(events, _refusal)
        if accepted:
            lines = b"".join(event.body.replace(b"\n", b" ") + b"\n" for event in accepted)
            try:
                async with self._writing:
                    await asyncio.to_thread(_append, self._path, lines)
            except OSError as error:
                raise Unavailable("stream") from error
        return refused


def _refusal(event: OutgoingEvent) -> str | None:
    return TOO_LARGE if len(event.body) > MAX_LINE_BYTES else None


def _append(path: Path, lines: bytes) -> None:
    """All of them, safely on the disk, or none."""
    with path.open("ab") as file:
        end = file.tell()
        try:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            os.truncate(path, end)
            raise
