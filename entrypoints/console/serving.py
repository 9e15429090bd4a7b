"""From the declaration of a page to what serves it."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from litestar.response import Stream

from domain.model.errors import Unavailable
from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Campaign
from domain.model.registrations.errors import CampaignNotFound
from entrypoints.console.desk import Desk
from entrypoints.console.once import take
from entrypoints.console.origin import check_origin, led_here, page_before
from entrypoints.console.page import Page
from entrypoints.console.rendering import Rendering
from entrypoints.console.request import Fields, form_of, query_of
from entrypoints.console.session import Sessions, by_proxy, token_of
from entrypoints.http.authorization import NO_CAMPAIGN
from entrypoints.http.dispatcher import noted
from entrypoints.http.request.decoding import AnyRequest, campaign_of
from entrypoints.http.request.token_verifier import Caller
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import Problem, campaign_not_allowed, not_found, scope_missing
from entrypoints.http.server.middleware import request_id_of
from entrypoints.http.serving import Endpoint
from ports.system import current_request, set_current_request

SIGN_IN: Final = "/console/sign-in"
_UNAUTHENTICATED: Final = 401
_AGAIN: Final = 503
"""The status of a change that may be made if the form is sent again."""


def answering(endpoint: Endpoint, rendering: Rendering) -> Endpoint:
    """Every error becomes a page."""

    async def answer(request: AnyRequest) -> Reply | Stream:
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001  # each becomes a page; the unexpected ones are logged
            problem = noted(request, error)
            id = request_id_of(request.scope)
            shown: dict[str, Any] = {"problem": problem, "id": id, "again": None, "back": ""}
            return rendering.reply("problem.html", problem.status, desk=None, **shown)

    return answer


@dataclass(frozen=True, slots=True)
class Guarded:
    """A page for those who are signed in: origin, token, authorization, form and handler, in this order."""

    page: Page
    rendering: Rendering
    sessions: Sessions

    async def __call__(self, request: AnyRequest) -> Reply | Stream:
        if self.page.method != "GET":
            check_origin(request)
        token = token_of(request)
        if not token:
            return self._signed_out(request)
        try:
            caller = await self.sessions.caller_of(request, token)
        except Problem as problem:
            if problem.status != _UNAUTHENTICATED or by_proxy(request):
                raise  # Signing in leads back here: with the same token of the proxy, without end.
            return to_sign_in(request, self.rendering, ended=True)
        desk = await self._desk(request, token, caller)
        try:
            _admit(self.page, desk.caller, desk.campaign_id)
            return await self._handled(replace(desk, campaign=await _campaign(desk)))
        except Exception as error:  # noqa: BLE001  # each becomes a page; the unexpected ones are logged
            return self._refused(desk, noted(request, error))

    def _signed_out(self, request: AnyRequest) -> Reply:
        """A link on another site leads here without the cookie: the page then asks for itself, with it."""
        if self.page.method == "GET" and led_here(request):
            return self.rendering.reply("again.html", address=_address(request))
        return to_sign_in(request, self.rendering, ended=False)

    async def _desk(self, request: AnyRequest, token: str, caller: Caller) -> Desk:
        sent = self.page.method != "GET"
        fields = Fields()
        if not sent or self.page.reads_body:
            fields = await form_of(request) if sent else query_of(request)
        return Desk(
            app=request.app.state.application,
            request=request,
            caller=caller,
            token=token,
            campaign_id=campaign_of(request) if self.page.of_campaign else NO_CAMPAIGN,
            fields=fields,
            rendering=self.rendering,
        )

    async def _handled(self, desk: Desk) -> Reply | Stream:
        if self.page.changes:
            set_current_request(replace(current_request(), by=desk.caller.user_id))
        if self.page.changes and self.page.reads_body:
            await take(desk.app, desk.token, desk.fields, desk.here)
        return await self.page.handler(desk)

    def _refused(self, desk: Desk, problem: Problem) -> Reply:
        """A form that met a store that was down can be sent again, as a new one."""
        again = desk.fields.without("once").pairs if self.page.changes and problem.status == _AGAIN else None
        shown = {"problem": problem, "id": desk.id, "again": again, "back": page_before(desk.request)}
        return desk.show("problem.html", problem.status, **shown)


def _admit(page: Page, caller: Caller, campaign_id: CampaignId) -> None:
    """As the operation admits. Raises its 403 Problem."""
    sufficient = frozenset(scope for operation in page.operations for scope in operation.scopes)
    if sufficient and not caller.narrowing.allows(sufficient):
        raise scope_missing(f"it needs {' or '.join(sorted(sufficient))}")
    if page.operation and page.operation.lists_reachable:
        return
    if (page.operation or page.of_campaign) and not caller.narrowing.reaches(campaign_id):
        raise campaign_not_allowed()


async def _campaign(desk: Desk) -> Campaign | None:
    """For the head of the page, and for the names of markets. It is asked for once in 30 s."""
    if not desk.campaign_id:
        return None
    try:
        return await desk.app.registrations.read_campaign(desk.campaign_id)
    except (CampaignNotFound, Unavailable):
        return None


def to_sign_in(request: AnyRequest, rendering: Rendering, *, ended: bool) -> Reply:
    """Afterwards the browser comes back to the page. htmx is told to leave the page, not to fill a part of it."""
    back = _address(request) if request.method == "GET" else "/console"
    where = f"{SIGN_IN}?{urlencode({'to': back, **({'ended': 'yes'} if ended else {})})}"
    if any(name == b"hx-request" for name, _ in request.scope["headers"]):
        return Reply(401, b"", "", {"HX-Redirect": SIGN_IN, "Cache-Control": "no-store"})
    return rendering.redirect(where)


def _address(request: AnyRequest) -> str:
    """Path and query, as the browser sent them."""
    path = (request.scope.get("raw_path") or request.scope["path"].encode()).partition(b"?")[0]
    query = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


async def unknown_page(_: Desk) -> Reply:
    raise not_found()
