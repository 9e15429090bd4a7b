"""The scores of eligible fans in bins, over HTTP."""

from typing import Annotated

from msgspec import Meta, field

from domain.model.registrations.histogram import CountedBin
from domain.usecases.registrations.read_histogram import ReadHistogram
from entrypoints.http.call import Call
from entrypoints.http.entries.eligibility import EligibilityQuery
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Wire

MAX_BINS = 100


class HistogramQuery(EligibilityQuery):
    bins: Annotated[int, Meta(ge=1, le=MAX_BINS, description="How many bins; 20 if left out.")] = 20


class BinBody(Wire):
    from_: float = field(name="from")
    to: float
    eligible: int

    @classmethod
    def of(cls, counted: CountedBin) -> "BinBody":
        return cls(from_=counted.bin.begin, to=counted.bin.end, eligible=counted.eligible)


class HistogramBody(Wire):
    bins: Annotated[
        list[BinBody],
        Meta(description="One alone where `minScore` and `maxScore` leave room for one score or none."),
    ]


@Operation(
    id="readHistogram",
    method="GET",
    path="/{campaignId}/entries/scoring/histogram",
    summary="The eligible fans by score",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(ReadHistogram,),
    query=HistogramQuery,
    answers={
        200: Answer(
            body=HistogramBody,
            description="The lowest scores first.",
            example={
                "bins": [
                    {"from": 0.0, "to": 50.0, "eligible": 40},
                    {"from": 50.0, "to": 100.0, "eligible": 80},
                ]
            },
        )
    },
)
async def read_histogram(call: Call[HistogramQuery]) -> HistogramBody:
    query = call.given
    counted = await call.app.registrations.histogram(call.campaign_id, query.query(), query.bins)
    return HistogramBody(bins=[BinBody.of(one) for one in counted])
