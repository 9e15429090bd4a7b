"""Campaigns and fans from JSON files: lists of the records that campaign-service and user-service return.

For tests and small installations. A file may be edited while the service runs.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from adapters.outgoing.breaker import NoAnswer
from adapters.outgoing.http import log_no_answer
from adapters.platform.records import Records, read_campaigns, read_fans
from domain.model.errors import Unavailable
from domain.model.ids import CampaignId, UserId
from domain.model.registrations.campaigns import Campaign, Fan
from domain.model.registrations.errors import CampaignNotFound, UserNotFound

Record = TypeVar("Record", bound=Campaign | Fan)
_Version = tuple[int, int, int]


class _File(Generic[Record]):
    """The records of one file, read again whenever it has changed."""

    def __init__(self, path: Path, part: str, read: Callable[[bytes], Records[Record]]) -> None:
        self._path = path
        self._part = part
        self._read = read
        self._known: tuple[_Version, Records[Record] | None] | None = None

    async def find(self, id: str) -> Record | None:
        """Raises Unavailable when the file or this record cannot be read."""
        records = await asyncio.to_thread(self._records)
        try:
            if records is not None:
                return records.get(id)
        except KeyError:
            pass
        raise Unavailable(self._part)

    def _records(self) -> Records[Record] | None:
        try:
            # Read the version before the content: a file that changes in between is then read once more.
            stat = self._path.stat()
            version = stat.st_mtime_ns, stat.st_size, stat.st_ino
            known = self._known
            if known is None or known[0] != version:
                known = self._known = version, self._parse(self._path.read_bytes())
        except OSError as error:
            log_no_answer(self._part, NoAnswer(type(error).__name__))
            return None
        return known[1]

    def _parse(self, content: bytes) -> Records[Record] | None:
        try:
            records = self._read(content)
        except NoAnswer as error:
            log_no_answer(self._part, error)
            return None
        for problem in records.problems:
            log_no_answer(self._part, problem)
        return records


class FileCampaigns:
    def __init__(self, path: Path) -> None:
        self._file: _File[Campaign] = _File(path, "campaigns", read_campaigns)

    async def get(self, campaign_id: CampaignId) -> Campaign:
        campaign = await self._file.find(campaign_id)
        if campaign is None:
            raise CampaignNotFound
        return campaign


class FileUsers:
    def __init__(self, path: Path) -> None:
        self._file: _File[Fan] = _File(path, "users", read_fans)

    async def get(self, user_id: UserId) -> Fan:
        fan = await self._file.find(user_id)
        if fan is None:
            raise UserNotFound
        return fan
