"""Uploading a file: its key, its limit, and its digest."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from adapters.memory.objects import MemoryObjectStore
from domain.model.errors import InvalidValue
from domain.model.files.errors import FileNotFound, UploadExists, UploadTooLarge
from domain.model.files.uploads import Uploaded, UploadKind
from domain.usecases.files.upload_file import UploadFile, UploadFileCommand
from tests.support.codes import TOUR

LIMIT = 1_000


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def upload(
    store: MemoryObjectStore,
    *chunks: bytes,
    kind: UploadKind = UploadKind.TM,
    filename: str = "a.csv",
    announced: int | None = None,
    replace: bool = False,
) -> Uploaded:
    command = UploadFileCommand(
        campaign_id=TOUR, kind=kind, filename=filename, announced=announced, content=sent(*chunks), replace=replace
    )
    return await UploadFile(uploads=store, limit=LIMIT)(command)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (UploadKind.TM, "codes/tour/tm/a.csv"),
        (UploadKind.EXTERNAL, "codes/tour/external/a.csv"),
        (UploadKind.SCORING, "scoring/tour/a.csv"),
    ],
)
async def test_the_key_is_the_one_that_imports_take(kind: UploadKind, key: str) -> None:
    store = MemoryObjectStore()

    uploaded = await upload(store, b"A1\n", b"A2\n", kind=kind)

    assert uploaded == Uploaded(key=key, size=6, sha256=hashlib.sha256(b"A1\nA2\n").hexdigest())
    assert await store.size(key) == 6


@pytest.mark.parametrize(
    "filename",
    ["", ".", "..", ".hidden", "../a.csv", "a/b.csv", "a\\b.csv", "/a.csv", "a\0b", "a\nb", "a\u202eb", "x" * 201],
)
async def test_a_name_that_could_lead_elsewhere_is_refused(filename: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await upload(MemoryObjectStore(), b"A1", filename=filename)

    assert refused.value.field == "filename"


@pytest.mark.parametrize("filename", ["a.csv", "a b (1) é.csv", "x" * 200, "a..b", "100%.csv"])
async def test_the_names_of_peoples_files_are_accepted(filename: str) -> None:
    assert (await upload(MemoryObjectStore(), b"A1", filename=filename)).key.endswith(f"/{filename}")


async def test_a_file_of_the_limit_is_accepted() -> None:
    assert (await upload(MemoryObjectStore(), b"x" * LIMIT, announced=LIMIT)).size == LIMIT


@pytest.mark.parametrize("announced", [None, 3])
async def test_a_file_over_the_limit_is_refused_whatever_was_announced(announced: int | None) -> None:
    store = MemoryObjectStore()

    with pytest.raises(UploadTooLarge) as refused:
        await upload(store, b"x" * LIMIT, b"x", announced=announced)

    assert refused.value.limit == LIMIT
    with pytest.raises(FileNotFound):
        await store.size("codes/tour/tm/a.csv")


async def test_a_file_that_is_announced_as_too_large_is_not_read() -> None:
    content = sent(b"the first bytes")
    command = UploadFileCommand(
        campaign_id=TOUR, kind=UploadKind.TM, filename="a.csv", announced=LIMIT + 1, content=content
    )

    with pytest.raises(UploadTooLarge):
        await UploadFile(uploads=MemoryObjectStore(), limit=LIMIT)(command)

    assert await anext(content) == b"the first bytes"


async def test_a_name_that_is_taken_needs_a_wish_to_replace() -> None:
    store = MemoryObjectStore()
    await upload(store, b"before")

    with pytest.raises(UploadExists):
        await upload(store, b"after")
    await upload(store, b"after", replace=True)

    assert [chunk async for chunk in store.read("codes/tour/tm/a.csv")] == [b"after"]
