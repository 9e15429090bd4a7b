"""A small Marketing Cloud: issues tokens, accepts mails, and recognises a repeated message key."""

import itertools
import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.servers.neighbours import Neighbour, Reply, Request, neighbour

CLIENT_ID: Final = "client"
CLIENT_SECRET: Final = "geheim-sfmc"
DEFINITION_KEY: Final = "fangate-receipt"
TOKEN_SECONDS: Final = 1079
"""As the real service words it."""
_MAILS: Final = "/messaging/v1/email/messages/"


def refusal(status: int, code: int, text: str) -> Reply:
    """The form of its errors."""
    return Reply(status, {"message": text, "errorcode": code, "documentation": ""})


DUPLICATE: Final = refusal(400, 109110, "MCMS_UTM_Validation_DuplicateMessageKey: messageKey must be unique")
BAD_ADDRESS: Final = refusal(400, 109121, "MCMS_UTM_Validation_InvalidValue_to: invalid address ann@example.org")
UNAUTHORIZED: Final = Reply(401, {"message": "Not Authorized", "errorcode": 0, "documentation": ""})


@dataclass(slots=True)
class Mailer:
    """The script of both of its addresses. ``instead`` answers the next mails, one after the other; ``after``
    answers the accepted ones."""

    expires_in: float = TOKEN_SECONDS
    mails: dict[str, Any] = field(default_factory=dict)
    """What was accepted, by message key."""
    attempts: list[str] = field(default_factory=list)
    """The message keys of all mails that were tried with a good token."""
    tokens: list[str] = field(default_factory=list)
    """All that were handed out; the last is the one that is good."""
    instead: "deque[Reply]" = field(default_factory=deque)
    after: "deque[Reply]" = field(default_factory=deque)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self, request: Request) -> Reply:
        if request.path == "/v2/token":
            return self._token(request)
        if request.headers.get("authorization") != f"Bearer {self.tokens[-1] if self.tokens else None}":
            return UNAUTHORIZED
        key = request.path.removeprefix(_MAILS)
        self.attempts.append(key)
        if self.instead:
            return self.instead.popleft()
        if key in self.mails:
            return DUPLICATE
        self.mails[key] = request.json()
        accepted = Reply(202, {"requestId": "r", "errorcode": 0, "responses": [{"messageKey": key}]})
        return self.after.popleft() if self.after else accepted

    def revoke(self) -> None:
        """Make the current token invalid before it expires."""
        self.tokens.append("foreign")

    def _token(self, request: Request) -> Reply:
        expected = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        if json.loads(request.body) != expected:
            return Reply(401, {"error": "invalid_client", "error_description": "Invalid client ID."})
        self.tokens.append(f"token-{next(self._numbers)}")
        token = {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.expires_in}
        return Reply(200, token | {"scope": "email_send", "rest_instance_url": "https://x.example/"})


@contextmanager
def sfmc() -> Iterator[tuple[Mailer, Neighbour]]:
    """It and its server, for as long as the block lasts."""
    mailer = Mailer()
    with neighbour(mailer) as running:
        yield mailer, running
