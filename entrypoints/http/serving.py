"""From the declaration of an operation to what serves it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from litestar.response import Stream

from domain.usecases.registrations.limit_calls import Kind
from entrypoints.application import Application
from entrypoints.http.authorization import authorization
from entrypoints.http.call import Call
from entrypoints.http.operation import Operation
from entrypoints.http.request.decoding import AnyRequest, body_of, query_once
from entrypoints.http.request.headers import has_no_body
from entrypoints.http.request.token_verifier import Caller
from entrypoints.http.response.answers import Reply, json_answer, no_content
from ports.system import current_request, set_current_request

Endpoint = Callable[[AnyRequest], Awaitable[Reply | Stream]]
Reader = Callable[[AnyRequest], Awaitable[Any]]


def endpoint_of(operation: Operation) -> Endpoint:
    """Check the caller, count the call, decode what it sends, handle it, encode the answer: in this order."""
    guard, limit, handle = operation.guard, operation.limit, operation.handler
    read, encode = _reader(operation), _encoder(operation)
    authorize = authorization(operation)
    changes = operation.method != "GET" and not operation.public

    async def endpoint(request: AnyRequest) -> Reply | Stream:
        app: Application = request.app.state.application
        caller = await guard(request)
        campaign_id = authorize(request, caller)
        if changes:
            set_current_request(replace(current_request(), by=caller.user_id))
        if limit is not None and not caller.supreme:
            await _count(app, limit, caller, request)
        given = await read(request) if read else None
        result = await handle(Call(app, caller, campaign_id, given, request))
        return result if isinstance(result, Reply | Stream) else encode(result)

    return endpoint


async def _count(app: Application, limit: Kind, caller: Caller, request: AnyRequest) -> None:
    """Staff are not counted. Of callers without a token, only the address is. Raises RateLimited."""
    client = request.scope["client"]
    await app.limit_calls(limit, caller.user_id or None, client[0] if client else None)


def _reader(operation: Operation) -> Reader | None:
    body, query, limit = operation.body, operation.query, operation.body_limit
    if body is not None:
        if not operation.reads_body:
            return None

        async def read_body(request: AnyRequest) -> Any:
            if operation.body_optional and has_no_body(request):
                return body()
            return await body_of(request, body, limit=limit)

        return read_body
    if query is None:
        return None

    async def read_query(request: AnyRequest) -> Any:
        return query_once(request, query)

    return read_query


def _encoder(operation: Operation) -> Callable[[Any], Reply]:
    status, answer = next(iter(operation.answers.items()))
    if answer.body is None:
        return lambda _: no_content(status)
    return lambda body: json_answer(body, status=status)
