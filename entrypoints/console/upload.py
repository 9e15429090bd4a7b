"""A form with a file, read as it arrives: first the fields, then the file, in constant memory."""

from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from entrypoints.console.request import Fields
from entrypoints.console.text import text
from entrypoints.http.request.decoding import AnyRequest, chunks_of
from entrypoints.http.request.headers import header
from entrypoints.http.response.problems import FieldProblem, invalid, malformed, unsupported_media_type

FORM: Final = "multipart/form-data"
MOST_OF_A_FIELD: Final = 4_096
MOST_PARTS: Final = 20

_Event: TypeAlias = MultipartSegment | bytes | bytearray | None
"""A head of a part, a piece of its body, the end of it."""


@dataclass(slots=True)
class Upload:
    """The fields before the file, the name of the file, and the file as an operation receives a body."""

    fields: Fields
    filename: str
    _events: AsyncIterator[_Event] = field(repr=False)

    async def receive(self) -> Any:
        """The next piece of the file. Raises a 400 Problem when the form ends too early."""
        event = await anext(self._events, None)
        if event is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        if isinstance(event, MultipartSegment):
            raise malformed("nothing may come behind the file")
        return {"type": "http.request", "body": bytes(event), "more_body": True}


async def upload_of(request: AnyRequest) -> Upload:
    """Raises a Problem for a body that is no such form, or that has no file."""
    events = _events(request)
    pairs: list[tuple[str, str]] = []
    async for event in events:
        assert isinstance(event, MultipartSegment)
        if event.filename is not None:
            if not event.filename:
                break
            return Upload(Fields(tuple(pairs)), event.filename, events)
        pairs.append((event.name, await _value(events)))
    raise invalid(FieldProblem("/file", text("is missing: choose a file")))


async def _value(events: AsyncIterator[_Event]) -> str:
    raw = bytearray()
    while isinstance(event := await anext(events, None), bytes | bytearray):
        raw += event
        if len(raw) > MOST_OF_A_FIELD:
            raise malformed("a field is too long")
    return raw.decode(errors="replace").strip()


async def _events(request: AnyRequest) -> AsyncIterator[_Event]:
    media, options = parse_options_header(header(request, b"content-type") or "")
    if media != FORM or not options.get("boundary"):
        raise unsupported_media_type("", FORM)
    parser = PushMultipartParser(options["boundary"], max_segment_count=MOST_PARTS)
    async for chunk in chunks_of(request):
        if not chunk:
            continue
        for event in _parsed(parser, chunk):
            yield event
    for event in _parsed(parser, b""):  # The end: raises where the form ended too early.
        yield event


def _parsed(parser: PushMultipartParser, chunk: bytes) -> Generator[_Event, None, None]:
    try:
        yield from parser.parse(chunk)
    except MultipartError:
        raise malformed("the form cannot be read") from None
