"""For schemathesis, which by itself cannot send NDJSON: what it makes up is one line, or several."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def as_lines(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return value.encode(errors="replace") if isinstance(value, str) else repr(value).encode()
