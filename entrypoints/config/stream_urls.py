"""The streams: those of Fangate, and those of installed packages.

A package registers its stream under the entry-point group ``fangate.streams``: the name is the scheme of its URLs,
the object an ``Opener``. See docs/adding-a-stream.md.
"""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from entrypoints.config.kafka_urls import kafka_address
from ports.events import EventStream

GROUP: Final = "fangate.streams"
BUILT_IN: Final = ("memory", "kinesis", "kafka", "kafka+ssl")

_KINESIS: Final = re.compile(r"kinesis://([A-Za-z0-9_.-]{1,128})/?")

Opener = Callable[[str], AbstractAsyncContextManager[EventStream]]
"""Takes the whole URL. Raises ValueError with a reason for the operator when the URL is wrong. It does not connect
before the block is entered, and should not connect before the first event."""


def check_stream(url: str) -> str:
    """Returns the URL. Raises ValueError when no stream accepts it."""
    scheme, colon, rest = url.partition(":")
    known = (*BUILT_IN, *sorted(plugins()))
    if not colon or scheme not in known:
        raise ValueError(f"must begin with one of {', '.join(f'{name}:' for name in known)}")
    if scheme == "memory" and rest:
        raise ValueError("must be memory: and nothing more")
    if scheme == "kinesis":
        kinesis_name(url)
    if scheme in {"kafka", "kafka+ssl"}:
        kafka_address(url)
    return url


def kinesis_name(url: str) -> str:
    """The name of the stream."""
    match = _KINESIS.fullmatch(url)
    if match is None:
        raise ValueError("must name a stream: kinesis://stream-name")
    return match[1]


def plugins() -> dict[str, EntryPoint]:
    """By scheme. A package cannot replace a stream of Fangate."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    return {scheme: point for scheme, point in found.items() if scheme not in BUILT_IN}


def open_plugin(url: str) -> AbstractAsyncContextManager[EventStream]:
    """A package's stream, ready to be opened. Raises ValueError, also when the package cannot be loaded."""
    scheme = url.partition(":")[0]
    try:
        opener: Opener = plugins()[scheme].load()
    except (ImportError, AttributeError) as error:
        raise ValueError(f"the package that brings {scheme}: cannot be loaded: {type(error).__name__}") from error
    return opener(url)
