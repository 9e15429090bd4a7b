"""A campaign of a test's own on a running service, and what tests say of its answers."""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from tests.support.servers.service import Service
from tests.support.tokens import bearer

T = TypeVar("T")

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Scene:
    """``folder`` is where the service finds the files that tests ``put``."""

    service: Service
    http: httpx2.Client
    folder: Path
    campaign: str = field(default_factory=lambda: f"c-{uuid.uuid4().hex[:12]}")

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.http.get(f"/{self.campaign}/{path}", **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx2.Response:
        return self.http.post(f"/{self.campaign}/{path}", json=body, **options)

    def put(self, content: str | bytes, *, type: str = "tm", name: str = "codes.csv") -> str:
        """A file for this campaign; its key."""
        key = f"codes/{self.campaign}/{type}/{name}"
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return key

    def load(
        self,
        content: str | bytes,
        *,
        type: str = "tm",
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx2.Response:
        """Put a file and import it."""
        return self.post("codes", {"key": self.put(content, type=type)} | options, headers=headers)

    def stock(self, *codes: str, type: str = "tm", **options: Any) -> None:
        assert self.load("\n".join(codes), type=type, **options).json()["inserted"] == len(codes)

    def reserve(self, count: int = 1, *, type: str = "tm", **more: Any) -> Any:
        """The reservation, of a request that must have been granted."""
        answer = self.post("reserve", {"type": type, "count": count} | more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def assign(self, reservation: Any, code: str, user: str) -> Any:
        body = {"reserveId": reservation["reserveId"], "assignments": [{"code": code, "userId": user}]}
        return self.post("assign", body).json()

    def counts(self, type: str = "tm") -> tuple[int, int, int]:
        counts = self.get("codes/count").json()["types"][type]
        return counts["available"], counts["reserved"], counts["assigned"]


def staff(service: Service) -> httpx2.Client:
    """Whoever holds a supreme token."""
    return httpx2.Client(base_url=service.url, headers=bearer(), timeout=60)


def assert_problem(answer: httpx2.Response, status: int, code: str, pointer: str | None = None) -> Any:
    """Is it the problem expected, in the shape that every problem has (RFC 9457)? Its body."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:fangate:problem:{code}"
    assert body["title"]
    assert body["requestId"] == answer.headers["x-request-id"]
    if pointer is not None:
        assert [error["pointer"] for error in body["errors"]] == [pointer]
        assert all(error["detail"] for error in body["errors"])
    return body


def eventually(look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What ``look`` sees once it is ``wanted``; fails when that never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not wanted(seen := look()):
        assert time.monotonic() < deadline, f"never came; last seen: {seen}"
        time.sleep(0.05)
    return seen
