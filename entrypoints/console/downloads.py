"""A file for the browser to keep: what the API streams, under a name."""

from typing import Any
from urllib.parse import quote

from litestar.response import Stream

from entrypoints.console.desk import Desk
from entrypoints.console.rendering import HEADERS
from entrypoints.http.operation import Operation


async def download(desk: Desk, operation: Operation, name: str, **how: Any) -> Stream:
    """The answer of the operation, in constant memory. ``how``: see ``Desk.call``. Raises what it raises."""
    answer = await operation.handler(desk.call(operation, **how))
    assert isinstance(answer, Stream)
    shown = {**HEADERS, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    for header, value in shown.items():
        answer.set_header(header, value)
    return answer
