"""campaign-service, user-service and the SMS gateway, as tests would have them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.servers.neighbours import Neighbour

CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class Platform:
    """Files in ``folder`` that the service reads again whenever they change, and where its messages arrive."""

    folder: Path
    gateway: Neighbour
    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    fans: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """What leads a service here."""
        self.objects.mkdir(exist_ok=True)
        self.put_campaigns()
        self.put_fans()
        return {
            "FANGATE_CAMPAIGNS": f"file:{self.folder}/campaigns.json",
            "FANGATE_USERS": f"file:{self.folder}/users.json",
            "FANGATE_SMS": f"{self.gateway.url}/sms",
            "FANGATE_OBJECTS": f"file:{self.objects}",
        }

    @property
    def objects(self) -> Path:
        """Where the service finds the files that tests ``put_file``."""
        return self.folder / "objects"

    def put_campaigns(self, *bodies: dict[str, Any]) -> None:
        self.campaigns.update({body["id"]: body for body in bodies})
        self._write("campaigns.json", self.campaigns)

    def put_fans(self, *bodies: dict[str, Any]) -> None:
        self.fans.update({body["id"]: body for body in bodies})
        self._write("users.json", self.fans)

    def put_file(self, key: str, content: bytes) -> str:
        """A file in the object store; its key."""
        path = self.objects / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return key

    @contextmanager
    def for_a_while(self) -> Iterator[None]:
        """Campaigns and fans of the block are forgotten after it. A service reads a file that has changed as a
        whole: with those of all tests before, that would soon take longer than the test."""
        campaigns, fans = set(self.campaigns), set(self.fans)
        yield
        for known, before in ((self.campaigns, campaigns), (self.fans, fans)):
            for id in known.keys() - before:
                del known[id]

    def codes_sent_to(self, phone: str) -> list[str]:
        """Oldest first."""
        messages = [request.json() for request in self.gateway.requests if phone.encode() in request.body]
        return [CODE.findall(message["body"])[0] for message in messages if message["to"] == phone]

    def _write(self, name: str, records: dict[str, dict[str, Any]]) -> None:
        """In one step: the service never sees half a file."""
        half = self.folder / f"{name}.half"
        half.write_text(json.dumps(list(records.values())))
        half.replace(self.folder / name)
