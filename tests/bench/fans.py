"""Requests of a crowd, ready to be sent: fans who read, register and confirm, and a ticket shop that reserves."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.mongo.entries.mapping import new_document
from adapters.tokens.jwt import JwtConfirmationTokens
from domain.model.registrations.confirmation import Challenge
from domain.model.registrations.entry import Entry, Verification
from tests.bench import load
from tests.bench.crowds import confirmed, next_phone
from tests.bench.ground import Database, Raw, insert
from tests.bench.neighbours import MARKETS
from tests.support.servers.service import SECRET
from tests.support.tokens import token

KEY = hmac.digest(SECRET.encode(), b"fangate confirmations", hashlib.sha256)
"""What the service derives from the secret of the bench."""
CODE = "123456"
LIFE = timedelta(hours=1)
REPEATS_AFTER = 100
"""A registration is repeated when so many others have come: it is answered by then."""


class Crowd:
    """Fans of one campaign. Each request of a kind is of another fan, but for those who read."""

    def __init__(self, database: Database, campaign: str, *, readers: int) -> None:
        self._database = database
        self._campaign = campaign
        self._registering = self._confirming = 0
        self.readers = [f"reader-{number:07}" for number in range(readers)]
        entries = (confirmed(campaign, number) for number in range(readers))
        renamed = (replace(one, user_id=user) for one, user in zip(entries, self.readers, strict=True))  # type: ignore[arg-type]  # ids as text
        insert(database.entries, (new_document(entry) for entry in renamed))

    def reads(self) -> list[bytes]:
        path = f"/{self._campaign}/entries/me"
        return [load.request_bytes("GET", path, token=token(user, supreme=False)) for user in self.readers]

    def registrations(self, number: int) -> tuple[list[bytes], list[str]]:
        """Every second one repeats an earlier one. And the fan of each."""
        requests: list[bytes] = []
        users: list[str] = []
        for one in range(number):
            if one % 2 and one > REPEATS_AFTER:
                requests.append(requests[one - REPEATS_AFTER - 1])
                users.append(users[one - REPEATS_AFTER - 1])
                continue
            user = f"fan-{self._registering:07}"
            self._registering += 1
            body = json.dumps({"phone": next_phone(), "markets": MARKETS[:2], "optIns": {"newsletter": True}})
            requests.append(self._post("entries", user, body))
            users.append(user)
        return requests, users

    def confirmations(self, number: int) -> tuple[list[bytes], list[str]]:
        """Of fans who were sent a code. And the fan of each."""
        tokens = JwtConfirmationTokens(KEY)
        requests: list[bytes] = []
        users: list[str] = []
        stored: list[Raw] = []
        for _ in range(number):
            entry, challenge = self._pending()
            stored.append(new_document(entry))
            body = json.dumps({"token": tokens.issue(challenge), "code": CODE})
            requests.append(self._post("entries/confirm", entry.user_id, body))
            users.append(entry.user_id)
        insert(self._database.entries, stored)
        return requests, users

    def reservation(self) -> bytes:
        body = b'{"type":"tm","count":1}'
        return load.request_bytes("POST", f"/{self._campaign}/reserve", token=token(), body=body)

    def _pending(self) -> tuple[Entry, Challenge]:
        self._confirming += 1
        now = datetime.now(UTC)
        entry = replace(
            confirmed(self._campaign, 1_000_000 + self._confirming), phone_confirmed_at=None, score=None
        )
        entry = replace(entry, user_id=f"waits-{self._confirming:07}")  # type: ignore[arg-type]  # an id as text
        challenge = Challenge.open(
            entry.campaign_id, entry.user_id, entry.details.phone, CODE, key=KEY, expires_at=now + LIFE
        )
        waits = Verification(challenge=challenge, sends=1, resend_after=now + LIFE)
        return replace(entry, verification=waits, receipt_due=True), challenge

    def _post(self, path: str, user: str, body: str) -> bytes:
        signed = token(user, supreme=False)
        return load.request_bytes("POST", f"/{self._campaign}/{path}", token=signed, body=body.encode())
