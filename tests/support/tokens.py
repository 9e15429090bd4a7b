"""Bearer tokens for tests."""

import time
from typing import Any

import jwt

from tests.support.servers.service import SECRET


def token(subject: str = "staff", *, supreme: bool = True, secret: str = SECRET, **claims: Any) -> str:
    now = int(time.time())
    payload: dict[str, Any] = {"sub": subject, "iat": now, "exp": now + 3_600}
    if supreme:
        payload["supreme"] = True
    return jwt.encode(payload | claims, secret, algorithm="HS256")


def bearer(subject: str = "staff", *, supreme: bool = True, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(subject, supreme=supreme, **claims)}"}
