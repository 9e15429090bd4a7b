"""What a narrowed token of staff may call: checked here, for every operation."""

from collections.abc import Callable
from typing import Final

from domain.model.ids import CampaignId
from entrypoints.http.operation import Operation
from entrypoints.http.request.decoding import AnyRequest, campaign_of, query_once
from entrypoints.http.request.token_verifier import Caller
from entrypoints.http.response.problems import campaign_not_allowed, scope_missing

NO_CAMPAIGN: Final = CampaignId("")
"""Of an operation that is about all campaigns, or about none."""

Authorize = Callable[[AnyRequest, Caller], CampaignId]


def authorization(operation: Operation) -> Authorize:
    """Check the token of a caller that the guard has let in. Returns the campaign that the request is about.

    Raises a 403 Problem for what the token does not allow, a 422 Problem for an id that is none.
    """
    sufficient = operation.scopes
    campaign = _campaign_reader(operation)

    def authorize(request: AnyRequest, caller: Caller) -> CampaignId:
        if not caller.narrowing.narrows or operation.public:
            return campaign(request)
        if not caller.narrowing.allows(sufficient):
            raise scope_missing(f"it needs {' or '.join(sorted(sufficient))}")
        campaign_id = campaign(request)
        if not operation.lists_reachable and not caller.narrowing.reaches(campaign_id):
            raise campaign_not_allowed("" if campaign_id else _NAME_ONE)
        return campaign_id

    return authorize


def admits(operation: Operation, caller: Caller, campaign_id: CampaignId) -> bool:
    """Would staff with this token be admitted? Without a request: to offer only what is allowed."""
    narrowing = caller.narrowing
    reached = operation.lists_reachable or narrowing.reaches(campaign_id)
    return caller.supreme and narrowing.allows(operation.scopes) and reached


def names_campaign(operation: Operation) -> bool:
    """In its path or by a filter."""
    query = operation.query
    return operation.of_campaign or (query is not None and "campaign_id" in query.__struct_fields__)


_NAME_ONE: Final = (
    "it is about all campaigns: name one of the token's, where the operation has the parameter campaignId"
)


def _campaign_reader(operation: Operation) -> Callable[[AnyRequest], CampaignId]:
    """In the path; or the filter ``campaignId`` of an operation that lists several campaigns."""
    query = operation.query
    if operation.of_campaign:
        return campaign_of
    if query is None or not names_campaign(operation):
        return lambda _: NO_CAMPAIGN
    return lambda request: query_once(request, query).campaign_id or NO_CAMPAIGN  # type: ignore[attr-defined]  # it names one
