"""What is no HTTP at all never reaches the application; it is answered here, in the same shape as the rest."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints.http.envelope import new_request_id
from entrypoints.http.problems import MEDIA_TYPE, malformed


class Protocol(HttpToolsProtocol):
    def send_400_response(self, msg: str) -> None:
        request_id = new_request_id()
        body = malformed("this is not HTTP, or its target is too long").body(request_id)
        head = (
            "HTTP/1.1 400 Bad Request",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            f"x-request-id: {request_id}",
            "cache-control: no-store",
            "connection: close",
        )
        self.transport.write("\r\n".join((*head, "", "")).encode() + body)
        self.transport.close()
