"""What a page's handler gets: one request of a member of staff, who is signed in and admitted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.markets import MarketId
from entrypoints.application import Application
from entrypoints.console import said
from entrypoints.console.once import new_form
from entrypoints.console.rendering import Rendering
from entrypoints.console.request import Fields, address, asked_by
from entrypoints.console.session import by_proxy
from entrypoints.http.authorization import NO_CAMPAIGN, admits, authorization, names_campaign
from entrypoints.http.call import Call
from entrypoints.http.operation import Operation
from entrypoints.http.request.decoding import AnyRequest, query_of
from entrypoints.http.request.field_problems import field_problem
from entrypoints.http.request.token_verifier import Caller
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import invalid
from entrypoints.http.server.middleware import request_id_of

T = TypeVar("T")
Values = Mapping[str, Sequence[str] | str | int | None]
Receive = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    app: Application
    request: AnyRequest
    caller: Caller
    token: str
    campaign_id: CampaignId
    """Empty where the path names no campaign."""
    fields: Fields
    """Of the form, or of the query of a page without one."""
    rendering: Rendering
    campaign: Campaign | None = None
    """Of the path. None where it names none, or where campaign-service does not know it or does not answer."""

    def may(self, operation: Operation, campaign_id: str | None = None) -> bool:
        """Only what the token allows is offered."""
        campaign = self.campaign_id if campaign_id is None else CampaignId(campaign_id)
        return admits(operation, self.caller, campaign if names_campaign(operation) else NO_CAMPAIGN)

    async def ask(self, operation: Operation, answer: type[T], **how: Any) -> T:
        """The body that the API would answer, by the same authorization, decoding and audit.

        ``how``: see ``call``.

        Raises what the operation raises.
        """
        result = await operation.handler(self.call(operation, **how))
        if isinstance(result, Reply):
            return msgspec.json.decode(result.body, type=answer)
        assert isinstance(result, answer)
        return result

    def call(
        self,
        operation: Operation,
        *,
        campaign_id: str | None = None,
        query: Values | None = None,
        body: Mapping[str, Any] | None = None,
        path: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        receive: Receive | None = None,
    ) -> Call[Any]:
        """A call of the operation, admitted and decoded. Raises a 403 Problem, or 422 for what does not fit."""
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        request = asked_by(
            self.request,
            path_params={"campaignId": self.campaign_id if campaign_id is None else campaign_id, **(path or {})},
            query_string=urlencode(given, doseq=True).encode(),
            headers=[(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            receive=receive or self.request.receive,
        )
        authorized = authorization(operation)(request, self.caller)
        return Call(self.app, self.caller, authorized, _given(operation, request, body), request)

    def market(self, id: str) -> str:
        """As staff read it: the name, and the id behind it where that says more."""
        name = self.campaign.market_names.get(MarketId(id), "") if self.campaign else ""
        return id if name.casefold() in ("", id.casefold()) else f"{name} ({id})"

    @property
    def markets(self) -> list[tuple[str, str]]:
        """Those of the campaign, as options of a form."""
        return [(str(id), self.market(id)) for id in self.campaign.markets] if self.campaign else []

    @property
    def id(self) -> str:
        """Of the request, for support."""
        return request_id_of(self.request.scope)

    @property
    def here(self) -> str:
        """The address of the page, without its query."""
        return str(self.request.scope["path"])

    @property
    def whole(self) -> bool:
        """Without JavaScript no part can come later."""
        return self.fields.one("whole") == "yes"

    @property
    def at_once(self) -> str:
        """The address of the page with all its parts."""
        return f"{self.here}?{urlencode([*self.fields.pairs, ('whole', 'yes')])}"

    @property
    def partly(self) -> bool:
        """htmx asks for a part of the page."""
        return any(name == b"hx-request" for name, _ in self.request.scope["headers"])

    @property
    def signed_in_here(self) -> bool:
        return not by_proxy(self.request)

    @property
    def said(self) -> str:
        return said.sentence_of(self.request, self.token)

    def once(self) -> str:
        """The field of a new form."""
        return new_form(self.token)

    def to(self, *segments: str, **query: str) -> str:
        """The address of a page: of the campaign, where this page is of one."""
        return address(*(("campaigns", self.campaign_id) if self.campaign_id else ()), *segments, **query)

    def show(self, template: str, status: int = 200, **values: Any) -> Reply:
        """A page, or a part of one."""
        cookies = [said.cookie_silent(self.request)] if self.said and not self.partly else []
        return self.rendering.reply(template, status, cookies=cookies, desk=self, **values)

    def go(self, where: str, sentence: str = "") -> Reply:
        """After a change: the browser opens the address with GET, which can be reloaded."""
        cookies = [said.cookie_saying(self.request, self.token, sentence)] if sentence else []
        return self.rendering.redirect(where, cookies)


def _given(operation: Operation, request: AnyRequest, body: Mapping[str, Any] | None) -> Any:
    if operation.body is not None and body is not None:
        try:
            return msgspec.convert(body, operation.body)
        except msgspec.ValidationError as error:
            raise invalid(field_problem(error, operation.body)) from None
    return query_of(request, operation.query) if operation.query else None
