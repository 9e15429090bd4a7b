"""What the audit log keeps of staff's changes of messages."""

from collections.abc import Collection, Sequence
from typing import Final

from domain.model.audit.changes import Audited, Outcome, done
from domain.model.audit.records import MAX_NAMED, Facts


def _retry_asked(ids: Collection[str] | None) -> Facts:
    """The ids are any text until they are found."""
    return {"all": True} if ids is None else {"messages": len(ids)}


def _put_back(ids: Sequence[str]) -> Outcome:
    return done(len(ids) > 0, putBack=len(ids), messageIds=tuple(ids[:MAX_NAMED]))


RETRY_PARKED: Final[Audited[Collection[str] | None, Sequence[str]]] = Audited(
    operation="retryParked", asked=_retry_asked, outcome=_put_back
)
