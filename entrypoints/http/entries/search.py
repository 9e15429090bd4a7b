"""Searching and listing registrations over HTTP."""

from typing import Annotated

from msgspec import Meta

from domain.model.ids import UserId
from domain.model.registrations.entry import EntryStatus, FraudStatus, Selection
from domain.model.registrations.typed_text import TYPED_LIMIT
from domain.usecases.registrations.find_entries import FindEntries, FindEntriesCommand
from entrypoints.http.call import Call
from entrypoints.http.entries.body import WITH_HISTORY, EntryWithHistoryBody
from entrypoints.http.entries.eligibility import MarketName
from entrypoints.http.operation import Answer, Operation
from entrypoints.http.request.cursors import cursor_of_entry, entry_position_of
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import Scope
from entrypoints.http.wire import Cursor, UserIdText, Wire

EntryLimit = Annotated[int, Meta(ge=1, le=500)]


class EntriesQuery(Wire):
    user_id: UserIdText | None = None
    phone: Annotated[str, Meta(min_length=1, max_length=64, description="In any spelling.")] | None = None
    email: (
        Annotated[str, Meta(min_length=1, max_length=TYPED_LIMIT, description="The whole address, in any case.")]
        | None
    ) = None
    status: Annotated[EntryStatus | None, Meta(description="Confirmed, or not yet.")] = None
    market: Annotated[MarketName, Meta(description="It is among the preferences.")] | None = None
    selection: Annotated[Selection | None, Meta(description="What staff decided.")] = None
    fraud: Annotated[FraudStatus | None, Meta(description="What fraud detection said.")] = None
    scored: (
        Annotated[bool, Meta(description="Only confirmed fans: those with an uploaded score, or those without.")]
        | None
    ) = None
    limit: EntryLimit = 100
    cursor: Cursor | None = None

    def command(self) -> FindEntriesCommand:
        return FindEntriesCommand(
            user_id=UserId(self.user_id) if self.user_id else None,
            phone=self.phone,
            email=self.email,
            status=self.status,
            market=self.market,
            selection=self.selection,
            fraud=self.fraud,
            scored=self.scored,
        )


class EntriesBody(Wire):
    entries: Annotated[
        list[EntryWithHistoryBody],
        Meta(description="May be fewer than `limit`, and even none, although more follow."),
    ]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last.")]


@Operation(
    id="listEntries",
    method="GET",
    path="/{campaignId}/entries",
    summary="Search or list registrations",
    tag="Entries",
    guard=supreme,
    scope=Scope.ENTRIES,
    use_cases=(FindEntries,),
    query=EntriesQuery,
    answers={
        200: Answer(
            body=EntriesBody,
            description="One page, the newest first.",
            example={"entries": [WITH_HISTORY], "next": None},
        )
    },
)
async def list_entries(call: Call[EntriesQuery]) -> EntriesBody:
    query = call.given
    after = entry_position_of(query.cursor)
    page = await call.app.registrations.find(call.campaign_id, query.command(), after=after, limit=query.limit)
    bodies = [EntryWithHistoryBody.for_staff(one, call.app.phones.tokens) for one in page.entries]
    return EntriesBody(entries=bodies, next=cursor_of_entry(page.next))
