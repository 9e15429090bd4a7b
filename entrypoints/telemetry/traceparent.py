"""W3C Trace Context: the header that carries a trace from one process to the next."""

import random
import re
from typing import Final

HEADER: Final = "traceparent"

_VALID: Final = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<rest>(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?P<more>-.*)?"
)
_LONGEST: Final = 256
_FLAGS: Final = {True: "01", False: "00"}


def valid(text: str) -> str | None:
    """The header to send on; None for an invalid one. Additions of later versions are left out."""
    found = _VALID.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None or (found["version"] == "00" and found["more"]):
        return None
    return f"00-{found['rest']}"


def new_trace_id() -> str:
    return random.randbytes(16).hex()


def child(trace_id: str, *, sampled: bool) -> str:
    """The header of a new span of this trace."""
    return f"00-{trace_id}-{random.randbytes(8).hex()}-{_FLAGS[sampled]}"


def trace_id(traceparent: str) -> str:
    return traceparent[3:35]


def span_id(traceparent: str) -> str:
    return traceparent[36:52]


def sampled(traceparent: str) -> bool:
    return bool(int(traceparent[53:55], 16) & 1)
