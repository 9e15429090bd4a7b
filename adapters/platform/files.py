"""Campaigns and fans from JSON files: lists of what campaign-service and user-service would say.

For trying things out and for small installations. A file may be edited while the service runs.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import tell
from adapters.platform.bodies import read_campaigns, read_fans
from domain.model.campaigns import Campaign, Fan
from domain.model.errors import CampaignNotFound, Unavailable, UserNotFound
from domain.model.ids import CampaignId, UserId

Id = TypeVar("Id", bound=str)
Record = TypeVar("Record")
_Version = tuple[int, int, int]


class _File(Generic[Id, Record]):
    """The records of one file, read again whenever it has changed."""

    def __init__(self, path: Path, part: str, read: Callable[[bytes], Mapping[Id, Record]]) -> None:
        self._path = path
        self._part = part
        self._read = read
        self._known: tuple[_Version, Mapping[Id, Record] | None] | None = None

    async def find(self, id: Id) -> Record | None:
        """Raises Unavailable while the file cannot be read, or one of its records cannot."""
        records = await asyncio.to_thread(self._records)
        if records is None:
            raise Unavailable(self._part)
        return records.get(id)

    def _records(self) -> Mapping[Id, Record] | None:
        try:
            # First the version, then the content: a file that changes in between is read once too often, not
            # once too little.
            stat = self._path.stat()
            version = stat.st_mtime_ns, stat.st_size, stat.st_ino
            known = self._known
            if known is None or known[0] != version:
                known = self._known = version, self._parse(self._path.read_bytes())
        except OSError as error:
            tell(self._part, NoAnswer(type(error).__name__))
            return None
        return known[1]

    def _parse(self, content: bytes) -> Mapping[Id, Record] | None:
        try:
            return self._read(content)
        except NoAnswer as error:
            tell(self._part, error)
            return None


class FileCampaigns:
    def __init__(self, path: Path) -> None:
        self._file: _File[CampaignId, Campaign] = _File(path, "campaigns", read_campaigns)

    async def get(self, campaign_id: CampaignId) -> Campaign:
        campaign = await self._file.find(campaign_id)
        if campaign is None:
            raise CampaignNotFound
        return campaign


class FileUsers:
    def __init__(self, path: Path) -> None:
        self._file: _File[UserId, Fan] = _File(path, "users", read_fans)

    async def get(self, user_id: UserId) -> Fan:
        fan = await self._file.find(user_id)
        if fan is None:
            raise UserNotFound
        return fan
