"""Which calls are counted, and whose they are."""

from domain.usecases.registrations.limit_calls import Kind
from entrypoints.application import Application
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.guards import caller_of


async def limited(request: AnyRequest, kind: Kind) -> None:
    """To be asked before anything is done. Staff are not counted. Raises RateLimited."""
    caller = caller_of(request)
    if not caller.supreme:
        app: Application = request.app.state.application
        await app.limit_calls(kind, caller.user_id, request.client.host if request.client else None)
