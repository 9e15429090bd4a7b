"""What every UploadStore promises: in memory, in a folder, in an S3 bucket."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.files.objects import ABANDONED_SECONDS, UNFINISHED, FolderObjectStore
from adapters.s3.multipart import PART_BYTES
from adapters.s3.objects import S3ObjectStore
from domain.model.errors import Unavailable
from domain.model.files.errors import FileNotFound, UploadExists
from entrypoints.application.needs import CheckedObjectStore
from tests.contracts.objects.test_object_stores import KEY, chunks, in_bucket, in_folder, in_memory, s3_client
from tests.support.servers.ports import free_port

PIECE = 65_536
SIZES = [0, 1, PIECE, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 12_345]


class Interrupted(Exception):
    """The caller has left."""


@pytest.fixture(params=["memory", "folder", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CheckedObjectStore]:
    if request.param == "memory":
        yield in_memory().store
    elif request.param == "folder":
        yield in_folder(tmp_path).store
    else:
        async with s3_client(request.getfixturevalue("aws_url")) as client:
            yield (await in_bucket(client)).store


async def sent(content: bytes, *, interrupted: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
    if interrupted:
        raise Interrupted


async def content_of(store: CheckedObjectStore, key: str = KEY) -> bytes:
    return b"".join(await chunks(store, key))


async def is_missing(store: CheckedObjectStore) -> bool:
    try:
        await store.size(KEY)
    except FileNotFound:
        return True
    return False


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_stored_whole(store: CheckedObjectStore, size: int) -> None:
    content = (b"0123456789abcde\n" * (size // 16 + 1))[:size]

    await store.write(KEY, sent(content), replace=False)

    assert await content_of(store) == content


@pytest.mark.parametrize("size", [0, 3 * PIECE, PART_BYTES + PIECE])
@pytest.mark.parametrize("before", [None, b"before"])
async def test_an_interrupted_upload_changes_nothing(
    store: CheckedObjectStore, size: int, before: bytes | None
) -> None:
    if before:
        await store.write(KEY, sent(before), replace=False)

    with pytest.raises(Interrupted):
        await store.write(KEY, sent(b"x" * size, interrupted=True), replace=True)

    assert await (content_of(store) if before else is_missing(store)) == (before or True)


@pytest.mark.parametrize("size", [3 * PIECE, PART_BYTES + PIECE])
async def test_a_cancelled_upload_leaves_nothing(store: CheckedObjectStore, size: int) -> None:
    reached = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"x" * size
        reached.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(store.write(KEY, stalled(), replace=False))
    await reached.wait()
    upload.cancel()

    with pytest.raises(asyncio.CancelledError):
        await upload
    assert await is_missing(store)


@pytest.mark.parametrize("size", [10, PART_BYTES + 10])
async def test_a_name_that_is_taken_is_refused(store: CheckedObjectStore, size: int) -> None:
    await store.write(KEY, sent(b"before"), replace=False)

    with pytest.raises(UploadExists):
        await store.write(KEY, sent(b"x" * size), replace=False)

    assert await content_of(store) == b"before"


@pytest.mark.parametrize("size", [10, PART_BYTES + 10])
async def test_a_file_is_replaced_when_asked(store: CheckedObjectStore, size: int) -> None:
    await store.write(KEY, sent(b"before"), replace=False)

    await store.write(KEY, sent(b"x" * size), replace=True)

    assert await content_of(store) == b"x" * size


async def test_a_name_that_is_taken_while_the_file_is_on_its_way(store: CheckedObjectStore) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"slow"
        await store.write(KEY, sent(b"fast"), replace=False)

    with pytest.raises(UploadExists):
        await store.write(KEY, slow(), replace=False)

    assert await content_of(store) == b"fast"


async def test_an_aborted_upload_leaves_no_parts_in_the_bucket(aws_url: str) -> None:
    """S3 keeps the parts of an unfinished upload for ever, and its owner pays for them."""
    async with s3_client(aws_url) as client:
        shelf = await in_bucket(client)
        with pytest.raises(Interrupted):
            await shelf.store.write(KEY, sent(b"x" * (PART_BYTES + 1), interrupted=True), replace=False)

        buckets = await client.list_buckets()
        names = [bucket["Name"] for bucket in buckets["Buckets"]]
        listed = [await client.list_multipart_uploads(Bucket=name) for name in names]

    assert [upload for one in listed for upload in one.get("Uploads", [])] == []


async def test_an_s3_that_is_not_there_is_unavailable() -> None:
    async with s3_client(f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(Unavailable):
            await S3ObjectStore(client, "bucket").write(KEY, sent(b"x"), replace=True)


@pytest.mark.parametrize("key", ["../outside.csv", "linked/a.csv"])
async def test_no_upload_leaves_the_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "objects"
    folder.mkdir()
    (folder / "linked").symlink_to(tmp_path)

    with pytest.raises(Unavailable):
        await FolderObjectStore(folder).write(key, sent(b"x"), replace=True)

    assert [path.name for path in tmp_path.iterdir()] == ["objects"]


async def test_the_folder_keeps_nothing_of_an_interrupted_upload(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        await FolderObjectStore(tmp_path).write(KEY, sent(b"x" * 3_000_000, interrupted=True), replace=False)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_the_folder_forgets_uploads_of_killed_processes(tmp_path: Path) -> None:
    store, unfinished = FolderObjectStore(tmp_path), tmp_path / UNFINISHED
    unfinished.mkdir()
    for name, age in (("abandoned", ABANDONED_SECONDS + 60), ("on its way", 60)):
        (unfinished / name).write_bytes(b"half")
        os.utime(unfinished / name, (time.time() - age,) * 2)

    await store.write(KEY, sent(b"x"), replace=False)

    assert [path.name for path in unfinished.iterdir()] == ["on its way"]
    with pytest.raises(FileNotFound):
        await store.size(f"{UNFINISHED}/on its way")


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "codes").write_text("a file where a folder should be")

    with pytest.raises(Unavailable):
        await FolderObjectStore(tmp_path).write(KEY, sent(b"x"), replace=False)
