"""What the audit log keeps of erasures and purges: never the id of the person that is erased."""

from typing import Final

from domain.model.audit.changes import Audited, Outcome, done
from domain.model.audit.records import Facts
from domain.usecases.privacy.erase_person import Erased, ErasePersonCommand
from domain.usecases.privacy.purge_closed import PurgeCommand, Purged


def _asked(command: ErasePersonCommand) -> Facts | None:
    return None if command.dry_run else {}


def _purge_asked(command: PurgeCommand) -> Facts | None:
    return None if command.dry_run else {"days": command.days}


def _purged(result: Purged) -> Outcome:
    return done(result.entries > 0, campaigns=result.campaigns, entries=result.entries, unknown=result.unknown)


def _erased(result: Erased) -> Outcome:
    found = {place.value: count for place, count in result.found.items()}
    return done(any(found.values()), userId=result.pseudonym, found=found, notices=result.notices)


ERASE: Final[Audited[ErasePersonCommand, Erased]] = Audited(operation="erasePerson", asked=_asked, outcome=_erased)
PURGE: Final[Audited[PurgeCommand, Purged]] = Audited(operation="purgeClosed", asked=_purge_asked, outcome=_purged)
