"""Files in an S3 bucket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aioboto3
import aiohttp
import botocore.exceptions
from botocore.config import Config

from domain.model.errors import Unavailable
from domain.model.files.errors import FileNotFound

CHUNK_BYTES: Final = 262_144
_MISSING: Final = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
_CONFIG: Final = Config(connect_timeout=2, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})


class S3ObjectStore:
    """The keys of one bucket, read as streams."""

    def __init__(self, client: Any, bucket: str) -> None:
        # aiobotocore makes its clients at run time, so there is no type to name.
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
        """If the file is replaced while it is read, reading fails rather than mix the two."""
        try:
            answer = await self._client.get_object(Bucket=self._bucket, Key=key)
            body = answer["Body"]
            async with body:  # Not ``as body``: what that yields is aiohttp's own response.
                async for chunk in body.iter_chunks(CHUNK_BYTES):
                    yield chunk
        except botocore.exceptions.ClientError as error:
            raise _translated(error) from error
        except (botocore.exceptions.BotoCoreError, aiohttp.ClientError, OSError) as error:
            raise Unavailable("objects") from error


def _translated(error: botocore.exceptions.ClientError) -> FileNotFound | Unavailable:
    missing = error.response.get("Error", {}).get("Code") in _MISSING
    return FileNotFound() if missing else Unavailable("objects")


@asynccontextmanager
async def s3_object_store(bucket: str, *, region: str | None) -> AsyncIterator[S3ObjectStore]:
    """Connect by the standard AWS variables; botocore itself does not know ``AWS_REGION``, hence ``region``."""
    async with aioboto3.Session().client("s3", region_name=region, config=_CONFIG) as client:
        yield S3ObjectStore(client, bucket)
