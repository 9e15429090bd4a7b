"""What every ObjectStore promises: in memory, in a folder, in an S3 bucket."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from adapters.files.objects import FolderObjectStore, SingleFile
from adapters.memory.objects import MemoryObjectStore
from adapters.outgoing.aws import aws_session
from adapters.s3.objects import S3ObjectStore
from domain.model.errors import Unavailable
from domain.model.files.errors import FileNotFound
from entrypoints.application.needs import CheckedObjectStore
from ports.objects import ObjectStore
from tests.support.servers.aws import AS_A_TEST, ENVIRONMENT
from tests.support.servers.ports import free_port

KEY = "codes/tour/tm/a b (1) é.csv"
LARGEST_CHUNK = 512 * 1024


@dataclass(frozen=True, slots=True)
class Shelf:
    """A store, and a function that puts files into it."""

    store: CheckedObjectStore
    put: Callable[[str, bytes], Awaitable[None]]


@pytest.fixture(params=["memory", "folder", "s3"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    if request.param == "memory":
        yield in_memory()
    elif request.param == "folder":
        yield in_folder(tmp_path)
    else:
        async with s3_client(request.getfixturevalue("aws_url")) as client:
            yield await in_bucket(client)


def in_memory() -> Shelf:
    store = MemoryObjectStore()

    async def put(key: str, content: bytes) -> None:
        store.put(key, content)

    return Shelf(store, put)


def in_folder(folder: Path) -> Shelf:
    async def put(key: str, content: bytes) -> None:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)

    return Shelf(FolderObjectStore(folder), put)


async def in_bucket(client: Any) -> Shelf:
    bucket = f"test-{uuid.uuid4().hex}"
    place = {"LocationConstraint": ENVIRONMENT["AWS_REGION"]}
    await client.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)

    async def put(key: str, content: bytes) -> None:
        await client.put_object(Bucket=bucket, Key=key, Body=content)

    return Shelf(S3ObjectStore(client, bucket), put)


@asynccontextmanager
async def s3_client(url: str) -> AsyncIterator[Any]:
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
    async with aws_session().client("s3", endpoint_url=url, config=config, **AS_A_TEST) as client:
        yield client


async def chunks(store: ObjectStore, key: str = KEY) -> list[bytes]:
    return [chunk async for chunk in store.read(key)]


@pytest.mark.parametrize("size", [0, 1, 65_536, 262_144, 262_145, 3_000_001])
async def test_the_bytes_come_whole_in_order_and_in_small_chunks(shelf: Shelf, size: int) -> None:
    content = b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]
    await shelf.put(KEY, content)

    read = await chunks(shelf.store)

    assert b"".join(read) == content
    assert max(map(len, read), default=0) <= LARGEST_CHUNK
    assert await shelf.store.size(KEY) == size


async def test_keys_are_distinct(shelf: Shelf) -> None:
    await shelf.put("codes/tour/tm/a.csv", b"one")
    await shelf.put("codes/tour/external/a.csv", b"two")

    assert await chunks(shelf.store, "codes/tour/tm/a.csv") == [b"one"]
    assert await chunks(shelf.store, "codes/tour/external/a.csv") == [b"two"]


async def test_a_replaced_file_is_read_as_it_is_now(shelf: Shelf) -> None:
    await shelf.put(KEY, b"before")
    await shelf.put(KEY, b"after that")

    assert await chunks(shelf.store) == [b"after that"]
    assert await shelf.store.size(KEY) == 10


async def test_a_file_can_be_read_by_two_at_once(shelf: Shelf) -> None:
    await shelf.put(KEY, b"A\n" * 200_000)
    first, second = shelf.store.read(KEY), shelf.store.read(KEY)

    begun = [await anext(first), await anext(second)]

    assert begun[0] + b"".join([chunk async for chunk in first]) == b"A\n" * 200_000
    assert begun[1] + b"".join([chunk async for chunk in second]) == b"A\n" * 200_000


@pytest.mark.parametrize("key", ["codes/tour/tm/missing.csv", "codes/tour/tm", "codes", KEY + "x", "x" * 1_000])
async def test_a_key_that_is_not_there(shelf: Shelf, key: str) -> None:
    await shelf.put(KEY, b"A")

    with pytest.raises(FileNotFound):
        await shelf.store.size(key)
    with pytest.raises(FileNotFound):
        await chunks(shelf.store, key)


async def test_the_health_check_of_a_running_store_passes(shelf: Shelf) -> None:
    await shelf.store.ping()
    assert shelf.store.name == "objects"


@pytest.mark.parametrize(
    "key", ["../secret", "codes/../../secret", "/etc/hostname", "link", "linked/secret", "a\0b"]
)
async def test_nothing_outside_the_folder_can_be_reached(tmp_path: Path, key: str) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "outside" / "objects"
    (folder / "codes").mkdir(parents=True)
    (outside / "secret").write_text("secret")
    (folder / "link").symlink_to(outside / "secret")
    (folder / "linked").symlink_to(outside)
    store = FolderObjectStore(folder)

    with pytest.raises(FileNotFound):
        await store.size(key)
    with pytest.raises(FileNotFound):
        await chunks(store, key)


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await FolderObjectStore(tmp_path / "missing").ping()


async def test_a_single_file_is_under_every_key_and_reports_progress(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_bytes(b"A\n" * 100_000)
    heard: list[int] = []
    store = SingleFile(file, heard.append)

    assert await store.size("whatever") == 200_000
    assert b"".join(await chunks(store, "whatever")) == file.read_bytes()
    assert sum(heard) == 200_000
    assert len(heard) > 1


async def test_a_bucket_that_is_not_there_is_unavailable(aws_url: str) -> None:
    async with s3_client(aws_url) as client:
        with pytest.raises(Unavailable):
            await S3ObjectStore(client, "no-such-bucket").ping()


async def test_an_s3_that_is_not_there_is_unavailable() -> None:
    async with s3_client(f"http://127.0.0.1:{free_port()}") as client:
        store = S3ObjectStore(client, "bucket")
        with pytest.raises(Unavailable):
            await store.ping()
        with pytest.raises(Unavailable):
            await store.size(KEY)
        with pytest.raises(Unavailable):
            await chunks(store)
