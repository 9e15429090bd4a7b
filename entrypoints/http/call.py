"""What a handler gets: one call of an operation, admitted, counted and decoded."""

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from domain.model.ids import CampaignId
from entrypoints.application import Application
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.token_verifier import Caller

T = TypeVar("T")


class Call(NamedTuple, Generic[T]):
    app: Application
    caller: Caller
    campaign_id: CampaignId
    """Empty where the path names no campaign."""
    given: T
    """The body, or the query of an operation that has no body; None where the operation declares neither."""
    request: AnyRequest
    """For the rest: headers, other parts of the path, a body that the handler reads itself."""

    @property
    def path(self) -> Mapping[str, Any]:
        """The parameters of the path."""
        return self.request.path_params
