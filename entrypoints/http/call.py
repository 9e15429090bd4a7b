"""What a handler gets: one call of an operation, admitted, counted and decoded."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from domain.model.audit.changes import Audited
from domain.model.ids import CampaignId
from entrypoints.application import Application
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.token_verifier import Caller

T = TypeVar("T")
C = TypeVar("C")
R = TypeVar("R")


class Call(NamedTuple, Generic[T]):
    app: Application
    caller: Caller
    campaign_id: CampaignId
    """Empty where the path names no campaign."""
    given: T
    """The body, or the query of an operation that has no body; None where the operation declares neither."""
    request: AnyRequest
    """For the rest: headers, other parts of the path, a body that the handler reads itself."""

    async def change(self, audited: Audited[C, R], command: C, change: Callable[[C], Awaitable[R]]) -> R:
        """Make the change. One that an administrator asked for leaves a row in the audit log."""
        if not self.caller.supreme:
            return await change(command)
        campaign_id = self.campaign_id or None
        return await self.app.record_change(
            audited, command, change, by=self.caller.user_id, campaign_id=campaign_id
        )

    @property
    def path(self) -> Mapping[str, Any]:
        """The parameters of the path."""
        return self.request.path_params
