"""Begin the import of a file of codes."""

from dataclasses import dataclass
from typing import ClassVar

from domain.model.codes.files.layout import DETECT, FileOptions
from domain.model.codes.imports import Import, UploadKey
from domain.model.errors import InvalidValue, Refusals
from domain.model.files.errors import FileNotFound
from domain.model.ids import CampaignId, UserId
from ports.codes import ImportLog
from ports.objects import ObjectStore
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCodesCommand:
    campaign_id: CampaignId
    key: str
    by: UserId
    options: FileOptions = DETECT


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginImport:
    """Check that the file exists, and record that its import has begun."""

    raises: ClassVar[Refusals] = (InvalidValue, FileNotFound)

    objects: ObjectStore
    imports: ImportLog
    clock: Clock

    async def __call__(self, command: ImportCodesCommand) -> Import:
        """Raises InvalidValue when the key is not one of this campaign, FileNotFound."""
        key = UploadKey.parse(command.key, campaign_id=command.campaign_id)
        await self.objects.size(str(key))
        run = Import.begun(key, command.by, self.clock.now())
        await self.imports.save(run)
        return run
