"""Hands each request to the operation that it names, and all others to the framework.

The framework finds the route again, asks which guards, hooks, dependencies and caches a handler has, and builds
two responses. An operation has none of these, and the time for them was a third of what reading an entry takes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NoReturn

import structlog
from litestar import Litestar
from litestar.connection import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response, Stream
from litestar.types import Receive, Scope, Send

from domain.model.codes.errors import CodesExhausted, ReservationMismatch
from domain.model.errors import DomainError, RateLimited
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import MEDIA_TYPE, Problem
from entrypoints.http.response.refusals import problem_of
from entrypoints.http.server.middleware import request_id_of
from entrypoints.http.server.routes import UNMATCHED, parameters_of, route_of
from entrypoints.http.serving import Endpoint

_PARAMETER: Final = re.compile(r"{(\w+)}")

log = structlog.get_logger()


Endpoints = Mapping[tuple[str, str], Endpoint]
"""By the template of the path, and the method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Pages beside the operations, under a path of their own. They answer their errors themselves."""

    endpoints: Endpoints = field(default_factory=dict)
    prefix: str = ""
    unknown: Endpoint | None = None
    """Answers the paths under ``prefix`` that no endpoint has."""


class Dispatcher:
    """An ASGI application."""

    def __init__(self, framework: Litestar, operations: Endpoints, pages: Pages) -> None:
        self._framework = framework
        self._endpoints = {**operations, **pages.endpoints}
        self._pages = pages

    def _endpoint(self, scope: Scope) -> Endpoint | None:
        route = route_of(scope)
        endpoint = self._endpoints.get((route.template, str(scope.get("method"))))
        if endpoint is None and route is UNMATCHED and scope.get("path", "").startswith(f"{self._pages.prefix}/"):
            return self._pages.unknown
        return endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint(scope)
        if endpoint is None:
            await self._framework(scope, receive, send)
            return
        scope["litestar_app"] = self._framework
        scope["path_params"] = parameters_of(scope)
        request: AnyRequest = Request(scope, receive, send)
        try:
            answer = await endpoint(request)
        except Exception as error:  # noqa: BLE001  # each becomes a problem; the unexpected ones are logged
            answer = refusal(request, error)
        if isinstance(answer, Stream):
            respond = answer.to_asgi_response(None, request)
            # Set here: the framework leaves out the content type, too. The server drops the body of a ``Reply``.
            respond.is_head_response = request.method == "HEAD"
            await respond(scope, receive, send)
        else:
            await answer.send(send)


def declared(path: str, method: str) -> HTTPRouteHandler:
    """For the framework, which answers 404, 405 and OPTIONS from its routes."""
    handler = HTTPRouteHandler(
        _PARAMETER.sub(r"{\1:str}", path),
        http_method=method,  # type: ignore[arg-type]  # one of those that the framework lists
        status_code=200,
    )
    return handler(_served_before)


async def _served_before() -> NoReturn:
    raise AssertionError("the dispatcher serves every operation")


def refused(request: AnyRequest, error: Exception) -> Response[bytes]:
    """The problem of an error, as the framework's own response."""
    reply = refusal(request, error)
    return Response(
        reply.body, status_code=reply.status, media_type=reply.media_type, headers=dict(reply.headers or {})
    )


def refusal(request: AnyRequest, error: Exception) -> Reply:
    """The answer to an error."""
    problem = noted(request, error)
    return Reply(problem.status, problem.body(request_id_of(request.scope)), MEDIA_TYPE, problem.headers)


def noted(request: AnyRequest, error: Exception) -> Problem:
    """The problem of an error; counted and logged where that is wanted."""
    problem = problem_of(error)
    if isinstance(error, CodesExhausted | ReservationMismatch):
        request.app.state.metrics.reservation_refused(problem.code)
    if isinstance(error, RateLimited):
        request.app.state.metrics.rate_limited(error.of)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logged: dict[str, Any] = dict(error.logged) if isinstance(error, DomainError) else {"code": problem.code}
        log.error("http.failed", **logged, exc_info=_cause(error))
    return problem


def _cause(error: Exception) -> BaseException:
    return error.__cause__ or error
