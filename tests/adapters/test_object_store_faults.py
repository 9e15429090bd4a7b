"""An S3 that breaks off, refuses or sends invalid answers: a small server sends them over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.s3.objects import S3ObjectStore
from domain.model.errors import Unavailable
from tests.contracts.objects.test_object_stores import KEY, chunks, s3_client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
FAULTS = {
    "breaks off in the middle": OK + b"A\n" * 1_000,
    "breaks off in the head": b"HTTP/1.1 200",
    "says nothing": b"",
    "is overloaded": b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
    "fails": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "denies": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "is no HTTP server": b"220 smtp ready\r\n",
}


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that answers every request with these bytes and hangs up; its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("answer", FAULTS.values(), ids=FAULTS.keys())
async def test_a_failed_read_is_unavailable_and_never_a_short_file(answer: bytes) -> None:
    async with answering(answer) as url, s3_client(url) as client:
        with pytest.raises(Unavailable):
            await chunks(S3ObjectStore(client, "bucket"), KEY)


@pytest.mark.parametrize("fault", ["says nothing", "is overloaded", "fails", "denies", "is no HTTP server"])
async def test_a_store_that_does_not_answer_is_unavailable(fault: str) -> None:
    async with answering(FAULTS[fault]) as url, s3_client(url) as client:
        store = S3ObjectStore(client, "bucket")
        with pytest.raises(Unavailable):
            await store.ping()
        with pytest.raises(Unavailable):
            await store.size(KEY)
