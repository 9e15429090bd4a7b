"""Whatever is sent, others are answered meanwhile: no request keeps the event loop for long.

The contract's goal is 100 ms a turn. Asserted is a bound that a slow machine meets and a quadratic reader
does not; what was measured is printed.
"""

import json
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import pytest_asyncio
from pydantic import SecretStr

from entrypoints.config.settings import Settings
from entrypoints.http.entries.scoring import SCORING_LIMIT
from entrypoints.http.operation import Operation
from entrypoints.http.operations import OPERATIONS
from entrypoints.http.server.wire_limits import MAX_HEAD_BYTES
from tests.support.event_loop import Answer, Inside, inside
from tests.support.operations import path_in_campaign
from tests.support.servers.service import SECRET
from tests.support.tokens import bearer

BOUND_SECONDS: Final = 0.5
JSON: Final = {"Content-Type": "application/json"}
NDJSON: Final = {"Content-Type": "application/x-ndjson"}
MEBIBYTE: Final = 1024 * 1024
SHARES: Final = 5
"""An operation meets one hostile body in so many."""
CAMPAIGN: Final[dict[str, Any]] = {
    "id": "c1", "name": "c1", "status": "open", "opensAt": None, "closesAt": None, "needsPhoneConfirmation": False,
    "gates": {"inviteOnly": False, "linkedAccounts": [], "verifiedCard": False},
    "markets": [{"id": "nyc", "name": "New York"}], "defaultRegion": "US",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("objects")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(folder: Path) -> AsyncIterator[Inside]:
    (folder / "campaigns.json").write_text(json.dumps([CAMPAIGN]))
    (folder / "users.json").write_text(json.dumps([]))
    settings = Settings(
        jwt_secret=SecretStr(SECRET), campaigns=f"file:{folder}/campaigns.json", users=f"file:{folder}/users.json",
        objects=f"file:{folder}",
    )  # fmt: skip
    async with inside(settings) as service:
        yield service


def moves(answer: Answer, what: str) -> None:
    print(f"{what}: {answer.status}, {1000 * answer.longest_turn:.0f} ms")
    assert answer.longest_turn < BOUND_SECONDS, what
    assert answer.status < 500, answer.body


def operations(part: str) -> list[Any]:
    """Those that have a ``body``, or a ``query``."""
    return [
        pytest.param(operation, id=operation.id)
        for operation in OPERATIONS
        if getattr(operation, part) is not None
    ]


def filled(operation: Operation) -> bytes:
    return f"/c1/{path_in_campaign(operation)}".encode()


def hostile_json(size: int) -> Iterator[tuple[str, bytes]]:
    """Bodies of this size that cost most, whatever they are meant for."""
    names = ['" - at `$' + "[" * 100, '"`.+~/' * 20, '"x']
    for name in names:
        piece = json.dumps({name: 0})[1:-1].encode() + b","
        yield "many names", b"{" + piece * (size // len(piece) - 1) + b'"":0}'
        yield "a long name", json.dumps({name * (size // len(json.dumps(name)) - 2): 1}).encode()
    for piece in (b"[],", b"0,", b'"",', b"{},", b"1e9,", b"[[[[]]]],", b"null,"):
        yield "many values", b"[" + piece * (size // len(piece) - 1) + b"0]"
    yield "numbered names", b"{" + b",".join(b'"%d":0' % number for number in range(size // 15)) + b"}"
    yield "deep", b"[" * (size // 2) + b"]" * (size // 2)
    yield "deep object", b'{"":' * (size // 4)
    yield "escapes", b'"' + b"\\u00e9" * (size // 6 - 2) + b'"'
    yield "half characters", b'["' + b"\\ud800" * (size // 6 - 2) + b'"]'
    yield "no UTF-8 at the end", b'["' + b"x" * (size - 5) + b'\xff"]'
    yield "digits", b"1" * size
    yield "blanks", b" " * size
    yield "wrong at the end", b"[" + b"[]," * (size // 3 - 2) + b"]"


@cache
def hostile_mebibytes() -> list[tuple[str, bytes]]:
    """Nearly all operations take this much."""
    return list(hostile_json(MEBIBYTE))


def in_each_field(operation: Operation, size: int) -> Iterator[tuple[str, bytes]]:
    """The operation's own example with each of its fields grown to the size."""
    for name, value in (operation.example or {}).items():
        for grown in (
            "x" * size,
            "[" * size,
            [value] * (size // (len(json.dumps(value)) + 2)),
            ["+"] * (size // 5),
        ):
            yield f"a large {name}", json.dumps({**operation.example, name: grown}).encode()[:size]


def with_bodies() -> list[Operation]:
    return [operation for operation in OPERATIONS if operation.body is not None]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("size", sorted({operation.body_limit for operation in with_bodies()}))
async def test_no_json_does(service: Inside, size: int) -> None:
    """One function reads the bodies of all operations, up to the limit of each."""
    operation = next(one for one in with_bodies() if one.body_limit == size)
    for what, body in hostile_json(size):
        asked = await service.ask(operation.method, filled(operation), bearer() | JSON, body[:size])
        moves(asked, f"{operation.id} {what}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("operation", operations("body"))
async def test_no_body_does(service: Inside, operation: Operation) -> None:
    """Each of its fields grown, and some of the hostile bodies: other operations meet the others."""
    some = hostile_mebibytes()[with_bodies().index(operation) % SHARES :: SHARES]
    for what, body in (*some, *in_each_field(operation, MEBIBYTE)):
        asked = await service.ask(operation.method, filled(operation), bearer() | JSON, body)
        moves(asked, f"{operation.id} {what}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "record",
    [
        b'{"userId":[' + b"[]," * 20_000 + b"0]}", b'{"userId":"' + b"x" * 65_000 + b'"}', b"[" * 500 + b"]" * 500,
        b'{"userId":' + b"1" * 65_000 + b"}", b"{" + b'"x":0,' * 10_000 + b'"":0}', b'{"score":1}', b"0",
        b'{"userId":"fan-1","score":1e308}', b'"\\ud800"', b'{"userId":"' + b"\\u00e9" * 10_000 + b'"}',
    ],
    ids=lambda record: ascii(record[:20]),
)  # fmt: skip
async def test_no_record_does(service: Inside, record: bytes) -> None:
    for size in (1_400_000, SCORING_LIMIT - 100):
        body = b'{"records":[' + b",".join([record] * (size // (len(record) + 1))) + b"]}"
        moves(await service.ask("POST", b"/c1/entries/scoring", bearer() | JSON, body), f"record {record[:20]!r}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("operation", operations("query"))
async def test_no_query_does(service: Inside, operation: Operation) -> None:
    size = MAX_HEAD_BYTES - 1_000
    query = operation.query
    assert query is not None
    fields = [field.name.encode() for field in msgspec.structs.fields(query)]
    queries = [piece * (size // len(piece)) for piece in (b"&", b"a&", b"=", b"a=1&", b"%41", b"%", b"+", b"`.[")]
    for name in (b"market", b"selection", b"count", b"minScore", b"cursor", b"code", *fields):
        queries += [
            name + b"=" + piece * ((size - 20) // len(piece)) for piece in (b"1", b"A", b"%20", b"1e", b"%ff")
        ]
        queries.append((name + b"=1&") * (size // (len(name) + 3)))
    for text in queries:
        moves(
            await service.ask(operation.method, filled(operation) + b"?" + text, bearer()),
            f"{operation.id} ?{text[:12]!r}",
        )


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "name", ["accept", "prefer", "authorization", "x-request-id", "traceparent", "content-type", "content-length",
    "cookie", "host", "expect", "connection", "x-forwarded-for", "tracestate"],
)  # fmt: skip
@pytest.mark.parametrize(
    "piece", ["text/csv;q=nan,", ";q=1", ",", "9", "a-", " ", "Bearer ", "=", "é", "*/*;q=0.9999,"]
)
async def test_no_header_does(service: Inside, name: str, piece: str) -> None:
    headers = bearer() | JSON | {name: piece * ((MAX_HEAD_BYTES - 500) // len(piece))}
    moves(await service.ask("GET", b"/c1/codes?limit=1", headers), f"{name}: {piece}")
    moves(await service.ask("POST", b"/c1/reserve", headers, b'{"type":"tm","count":1}'), f"{name}: {piece}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("piece", [b"/", b"/a", b"a", b"%2f", b"/%00", b"{a}/", b"../", b"."])
async def test_no_path_does(service: Inside, piece: bytes) -> None:
    long = piece * ((MAX_HEAD_BYTES - 500) // len(piece))
    for path in (b"/" + long, b"/" + long + b"/codes", b"/c1/entries/" + long, b"/docs/" + long):
        moves(await service.ask("GET", path, bearer()), f"/{piece!r}…")


LINES: Final = [
    b"1\n", b"\n", b'{"x":1}\n', b'{"userId":"fan-1","score":1}\n', b"fan-1,1\n", b'"\n', b'"a', b",", b",,,\n",
    b"\r", b"a;b|c\td,", b"\x00", b"\xff", b"\xef\xbb\xbf", b'a,"b\n', b"=1+1\n", b"userId,score\n",
    b" " * 60_000 + b",\n", b"1,000 rows" + b" " * 60_000 + b"!\n", b"1,2e+3" + b" " * 60_000 + b"!\n",
]  # fmt: skip
MANY_LINES: Final = 75_000
"""Half as many again as are read at once. More cost the test more, and the event loop no longer turn."""


def grown(line: bytes, size: int) -> bytes:
    """The line again and again: up to the size, unless that is too many lines."""
    times = size // len(line)
    return line * (min(times, MANY_LINES) if line.endswith((b"\n", b"\r")) else times)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("line", LINES)
async def test_no_stream_of_lines_does(service: Inside, line: bytes) -> None:
    body = grown(line, MEBIBYTE // 4)
    moves(await service.ask("POST", b"/c1/entries/scoring", bearer() | NDJSON, body), f"stream {line!r}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    "kind", [("codes/c1/tm", b"/c1/codes"), ("scoring/c1", b"/c1/entries/scoring")], ids=["codes", "scores"]
)
@pytest.mark.parametrize("encoding", ["", "utf-16"])
async def test_no_file_does(
    service: Inside, folder: Path, encoding: str, kind: tuple[str, bytes], line: bytes
) -> None:
    key, path = kind
    content = grown(line, MEBIBYTE // 2)
    if encoding:
        content = content[: MEBIBYTE // 4].decode("latin-1").encode(encoding)
    file = folder / key / "hostile.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    body = json.dumps({"key": f"{key}/hostile.csv"}).encode()
    moves(await service.ask("POST", path, bearer() | JSON, body), f"{key} {encoding} {line!r}")


@pytest.mark.asyncio(loop_scope="module")
async def test_no_list_of_many_does(service: Inside, folder: Path) -> None:
    file = folder / "codes/c1/tm/many.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(b"K-%d\n" % number for number in range(30_000)))
    imported = await service.ask("POST", b"/c1/codes", bearer() | JSON, b'{"key":"codes/c1/tm/many.csv"}')
    moves(imported, "importing")
    for accept in ("application/json", "application/x-ndjson", "text/csv"):
        moves(await service.ask("GET", b"/c1/codes?limit=5000", bearer() | {"Accept": accept}), accept)
    for path in (b"/openapi.json", b"/asyncapi.json", b"/metrics", b"/readyz", b"/docs", b"/c1/codes/count"):
        moves(await service.ask("GET", path, bearer()), path.decode())


def test_scoring_takes_the_largest_body() -> None:
    assert max(operation.body_limit for operation in with_bodies()) == SCORING_LIMIT
