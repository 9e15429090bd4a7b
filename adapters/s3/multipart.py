"""A file in parts: S3 shows it when the last part is there, and forgets it when it is aborted."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final

import botocore.exceptions

PART_BYTES: Final = 8 * 1024 * 1024
"""S3 takes parts of 5 MiB and more, and 10,000 of them: 80 GiB in all."""
IN_FLIGHT: Final = 3
"""Parts on their way at once: one connection to S3 is slower than most callers. Each of them is held in memory."""


async def in_parts(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, in parts of PART_BYTES; the last one is shorter, and may be missing."""
    collected = bytearray()
    async for chunk in chunks:
        collected += chunk
        while len(collected) >= PART_BYTES:
            yield bytes(collected[:PART_BYTES])
            del collected[:PART_BYTES]
    if collected:
        yield bytes(collected)


class Multipart:
    """Parts are sent while the next one is collected. An error or a cancellation aborts the upload."""

    def __init__(self, client: Any, where: Mapping[str, str], condition: Mapping[str, str]) -> None:
        # aiobotocore creates its clients at run time, so they have no type that could be named.
        self._client = client
        self._where = dict(where)
        self._condition = condition
        self._sent: dict[int, str] = {}
        """The tag of each part that S3 has, by its number."""
        self._sending: set[asyncio.Task[None]] = set()
        self._parts = 0

    async def __aenter__(self) -> "Multipart":
        begun = await self._client.create_multipart_upload(**self._where)
        self._where["UploadId"] = begun["UploadId"]
        return self

    async def add(self, part: bytes) -> None:
        await self._wait(IN_FLIGHT - 1)
        self._parts += 1
        self._sending.add(asyncio.create_task(self._send(self._parts, part)))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            await self._abort()
            return
        try:
            await self._wait(0)
            parts = [{"PartNumber": number, "ETag": tag} for number, tag in sorted(self._sent.items())]
            await self._client.complete_multipart_upload(
                **self._where, MultipartUpload={"Parts": parts}, **self._condition
            )
        except BaseException:
            await self._abort()
            raise

    async def _send(self, number: int, part: bytes) -> None:
        answer = await self._client.upload_part(**self._where, PartNumber=number, Body=part)
        self._sent[number] = answer["ETag"]

    async def _wait(self, for_at_most: int) -> None:
        """Until no more than so many parts are on their way. Raises what sending a part raises."""
        while len(self._sending) > for_at_most:
            done, self._sending = await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            if failed := [error for sent in done if (error := sent.exception()) is not None]:
                raise failed[0]

    async def _abort(self) -> None:
        """A part that is still on its way would be kept, and paid for: wait for its end first."""
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        with suppress(botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, OSError):
            await asyncio.shield(self._client.abort_multipart_upload(**self._where))
