"""Files in an S3 bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import botocore.exceptions
from botocore.config import Config

from adapters.outgoing.aws import aws_session
from adapters.s3.multipart import PART_BYTES, Multipart, in_parts
from domain.model.errors import Unavailable
from domain.model.files.errors import FileNotFound, UploadExists

CHUNK_BYTES: Final = 262_144
_MISSING: Final = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_TAKEN: Final = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_CONFIG: Final = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})


class S3ObjectStore:
    """The keys of one bucket, read as streams."""

    def __init__(self, client: Any, bucket: str) -> None:
        # aiobotocore creates its clients at run time, so they have no type that could be named.
        self._client = client
        self._bucket = bucket

    @property
    def name(self) -> str:
        return "objects"

    async def ping(self) -> None:
        try:
            await self._client.head_bucket(Bucket=self._bucket)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise Unavailable("objects") from error

    async def size(self, key: str) -> int:
        try:
            head = await self._client.head_object(Bucket=self._bucket, Key=key)
        except botocore.exceptions.ClientError as error:
            raise _translated(error) from error
        except botocore.exceptions.BotoCoreError as error:
            raise Unavailable("objects") from error
        return int(head["ContentLength"])

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """When the file is replaced during the read, the read fails, and never mixes the two files."""
        try:
            answer = await self._client.get_object(Bucket=self._bucket, Key=key)
            body = answer["Body"]
            async with body:  # Not ``as body``: that would be the response of aiohttp.
                async for chunk in body.iter_chunks(CHUNK_BYTES):
                    yield chunk
        except botocore.exceptions.ClientError as error:
            raise _translated(error) from error
        except (botocore.exceptions.BotoCoreError, aiohttp.ClientError, OSError) as error:
            raise Unavailable("objects") from error

    async def write(self, key: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        """The file appears when S3 has all of it. S3 itself refuses a name that is taken meanwhile."""
        try:
            if not replace and await self._exists(key):
                raise UploadExists
            await self._send(key, chunks, {} if replace else {"IfNoneMatch": "*"})
        except botocore.exceptions.ClientError as error:
            raise _refused(error) from error
        except (botocore.exceptions.BotoCoreError, aiohttp.ClientError, OSError) as error:
            raise Unavailable("objects", reason=type(error).__name__) from error

    async def _send(self, key: str, chunks: AsyncIterator[bytes], condition: dict[str, str]) -> None:
        parts = in_parts(chunks)
        first = await anext(parts, b"")
        where = {"Bucket": self._bucket, "Key": key}
        if len(first) < PART_BYTES:
            await self._client.put_object(**where, Body=first, **condition)
            return
        async with Multipart(self._client, where, condition) as multipart:
            await multipart.add(first)
            async for part in parts:
                await multipart.add(part)

    async def _exists(self, key: str) -> bool:
        try:
            await self.size(key)
        except FileNotFound:
            return False
        return True


def _refused(error: botocore.exceptions.ClientError) -> UploadExists | Unavailable:
    code = error.response.get("Error", {}).get("Code", "")
    return UploadExists() if code in _TAKEN else Unavailable("objects", reason=code)


def _translated(error: botocore.exceptions.ClientError) -> FileNotFound | Unavailable:
    missing = error.response.get("Error", {}).get("Code") in _MISSING
    return FileNotFound() if missing else Unavailable("objects")


@asynccontextmanager
async def s3_object_store(bucket: str, *, region: str | None) -> AsyncIterator[S3ObjectStore]:
    """Connect with the standard AWS variables. ``region`` is needed because botocore does not read
    ``AWS_REGION``."""
    async with aws_session().client("s3", region_name=region, config=_CONFIG) as client:
        yield S3ObjectStore(client, bucket)
