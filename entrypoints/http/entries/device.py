"""The device of a registration: what the caller sends about it, and what the connection shows."""

from typing import Annotated, Final

from msgspec import Meta

from domain.usecases.registrations.registration import Device
from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.headers import header
from entrypoints.http.wire import Wire

MAX_IP: Final = 64
MAX_USER_AGENT: Final = 1_024


class DeviceRequest(Wire):
    session_id: Annotated[str, Meta(max_length=256)] | None = None
    ip: Annotated[str, Meta(max_length=MAX_IP)] | None = None
    user_agent: Annotated[str, Meta(max_length=MAX_USER_AGENT)] | None = None


def device_of(sent: DeviceRequest | None, request: AnyRequest) -> Device:
    """Behind a trusted proxy, the connection is the one that the proxy reports."""
    sent = sent or DeviceRequest()
    return Device(
        session_id=sent.session_id,
        ip=sent.ip,
        user_agent=sent.user_agent,
        connection_ip=request.client.host[:MAX_IP] if request.client else None,
        connection_user_agent=(header(request, b"user-agent") or "")[:MAX_USER_AGENT] or None,
    )
