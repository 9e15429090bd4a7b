"""Upload a file to the object store."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import ClassVar

from domain.model.errors import InvalidValue, Refusals
from domain.model.files.errors import UploadExists, UploadTooLarge
from domain.model.files.uploads import Uploaded, UploadKind, object_key
from domain.model.ids import CampaignId
from ports.objects import UploadStore


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFileCommand:
    campaign_id: CampaignId
    kind: UploadKind
    filename: str
    announced: int | None = None
    """The size in bytes that the caller announced, if any."""
    content: AsyncIterator[bytes] = field(repr=False)
    replace: bool = False
    """Replace a file of the same name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFile:
    """Store a file under the key that imports of codes, and uploads of scores, take.

    All or nothing: a refused or interrupted upload leaves the store as it was. A name that is taken is refused,
    unless the caller asks to replace the file.
    """

    raises: ClassVar[Refusals] = (InvalidValue, UploadExists, UploadTooLarge)

    uploads: UploadStore
    limit: int
    """The most bytes of a file."""

    async def __call__(self, command: UploadFileCommand) -> Uploaded:
        """Raises InvalidValue, UploadExists, UploadTooLarge."""
        key = object_key(command.campaign_id, command.kind, command.filename)
        if command.announced is not None and command.announced > self.limit:
            raise UploadTooLarge(limit=self.limit)
        counted = _Counted(self.limit)
        await self.uploads.write(key, counted.through(command.content), replace=command.replace)
        return Uploaded(key=key, size=counted.size, sha256=counted.sha256.hexdigest())


class _Counted:
    """Counts the bytes that pass, and stops behind the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.size = 0
        self.sha256 = hashlib.sha256()

    async def through(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise UploadTooLarge(limit=self._limit)
            self.sha256.update(chunk)
            yield chunk
