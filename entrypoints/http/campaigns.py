"""The campaigns at a glance, over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import CampaignStatus
from domain.model.registrations.entry import EntryStatus
from domain.usecases.registrations.list_campaigns import CampaignSummary, ListCampaigns
from entrypoints.http.call import Call
from entrypoints.http.codes.counts import CountsBody
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import campaign_after, cursor_after
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Cursor, Instant, Wire, instant_or_none

CampaignLimit = Annotated[int, Meta(ge=1, le=100)]


class CampaignsQuery(Wire):
    limit: CampaignLimit = 20
    cursor: Cursor | None = None


class RegistrationsBody(Wire):
    total: int
    confirmed: int


class CampaignBody(Wire):
    id: str
    name: Annotated[str | None, Meta(description="null where campaign-service does not know the campaign.")]
    status: CampaignStatus | None
    opens_at: Instant | None
    closes_at: Instant | None
    codes: Annotated[CountsBody, Meta(description="Of all types together.")]
    codes_by_type: dict[str, CountsBody]
    registrations: RegistrationsBody

    @classmethod
    def of(cls, summary: CampaignSummary) -> "CampaignBody":
        known, counts = summary.campaign, summary.registrations
        return cls(
            id=summary.id,
            name=known.name if known else None,
            status=known.status if known else None,
            opens_at=instant_or_none(known.opens_at if known else None),
            closes_at=instant_or_none(known.closes_at if known else None),
            codes=CountsBody.of(summary.codes),
            codes_by_type={type.value: CountsBody.of(one) for type, one in summary.codes_by_type.items()},
            registrations=RegistrationsBody(
                total=sum(counts.values()), confirmed=counts.get(EntryStatus.CONFIRMED, 0)
            ),
        )


class CampaignsBody(Wire):
    campaigns: list[CampaignBody]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


@Operation(
    id="listCampaigns",
    method="GET",
    path="/campaigns",
    summary="The campaigns that have codes or registrations",
    tag="Campaigns",
    guard=supreme,
    scope=Scope.READ,
    lists_reachable=True,
    use_cases=(ListCampaigns,),
    query=CampaignsQuery,
    answers={
        200: Answer(
            body=CampaignsBody,
            description="One page, in the order of their ids.",
            example={
                "campaigns": [
                    {
                        "id": "tour-2026",
                        "name": "Tour 2026",
                        "status": "open",
                        "opensAt": "2026-11-21T18:00:00.000Z",
                        "closesAt": None,
                        "codes": {"available": 49_000, "reserved": 600, "assigned": 400, "total": 50_000},
                        "codesByType": {
                            "tm": {"available": 49_000, "reserved": 600, "assigned": 400, "total": 50_000},
                            "external": {"available": 0, "reserved": 0, "assigned": 0, "total": 0},
                        },
                        "registrations": {"total": 120_000, "confirmed": 100_000},
                    }
                ],
                "next": None,
            },
        )
    },
)
async def list_campaigns(call: Call[CampaignsQuery]) -> CampaignsBody:
    after: CampaignId | None = campaign_after(call.given.cursor)
    reaches = call.caller.narrowing.reaches
    page = await call.app.registrations.list_campaigns(after=after, limit=call.given.limit, reaches=reaches)
    campaigns = [CampaignBody.of(summary) for summary in page.campaigns]
    return CampaignsBody(campaigns=campaigns, next=cursor_after(page.next))
