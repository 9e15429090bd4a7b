"""The statuses that entries are stored with."""

from typing import Final

from domain.model.registrations.entry import EntryStatus

WITHDRAWN: Final = "withdrawn"
ERASED: Final = "erased"
"""The person is erased. The document is deleted when the event is published."""
LIVE: Final = [status.value for status in EntryStatus]
"""Those of entries that were not withdrawn."""
