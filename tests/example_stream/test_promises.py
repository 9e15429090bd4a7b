"""The example, tested as any package's stream can be: by the suite that Fangate's own have to pass."""

from pathlib import Path

import pytest

from domain.model.errors import Unavailable
from tests.contracts.stream_promises import *  # noqa: F403  # every test of it
from tests.contracts.stream_promises import Subject, event
from tests.example_stream.fangate_ndjson import NdjsonStream, ndjson_stream
from tests.support.servers.reading import Published


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    path = tmp_path / "events.ndjson"

    async def read() -> list[Published]:
        return [_published(line) for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []

    return Subject(stream=NdjsonStream(path), read=read)


def _published(line: bytes) -> Published:
    read = Published(key="", body=line)
    return Published(key=read.event["subject"].replace("/", ":"), body=line)


@pytest.mark.parametrize("url", ["ndjson:", "ndjson:folder/"])
def test_a_wrong_address_is_refused_before_anything_is_opened(url: str) -> None:
    with pytest.raises(ValueError, match="must name a file"):
        ndjson_stream(url)


async def test_a_file_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    async with ndjson_stream(f"ndjson:{tmp_path}") as stream:
        with pytest.raises(Unavailable):
            await stream.publish([event(1, 1)])
