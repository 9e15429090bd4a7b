"""Tokens no issuer would sign, put together by hand: libraries refuse to."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any


def claims(**changes: Any) -> dict[str, Any]:
    """Those of an administrator, with ``changes``; a claim of None is left out."""
    now = int(time.time())
    wanted = {"sub": "staff", "exp": now + 3_600, "supreme": True} | changes
    return {name: value for name, value in wanted.items() if value is not None}


def hs256(key: bytes, body: Any, **header: Any) -> str:
    """Signed with ``key``, whatever it is meant for."""
    signed = _part({"alg": "HS256", "typ": "JWT"} | header) + "." + _part(body)
    return signed + "." + _encoded(hmac.digest(key, signed.encode(), hashlib.sha256))


def unsigned(body: Any, *, alg: str = "none") -> str:
    return _part({"alg": alg, "typ": "JWT"}) + "." + _part(body) + "."


def _part(content: Any) -> str:
    return _encoded(content if isinstance(content, bytes) else json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
