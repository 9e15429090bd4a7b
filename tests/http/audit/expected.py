"""What one request to an audited operation must leave, and how it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from tests.support.scene import Scene
from tests.support.tokens import bearer

CODES: Final = ("S3CR3T-1", "S3CR3T-2")
MAIL: Final = "secretive@example.com"
SECRETS: Final = (*CODES, MAIL, "eyJ")
"""``eyJ`` is how tokens begin."""
HELD: Final = "reservation-1"

Headers = Mapping[str, str]
Act = Callable[[Headers], httpx2.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the row holds; a value of ``...`` stands for any."""

    act: Act
    asked: Mapping[str, Any]
    outcome: Mapping[str, Any]
    caller: str = "staff"
    campaign: bool = True
    """Does the change belong to the campaign?"""
    secret: str = "S3CR3T"
    """What was sent besides, and must not be kept."""


def asking(scene: Scene, method: str, path: str, caller: str = "staff", **request: Any) -> Act:
    return lambda headers: scene.ask(method, path, headers={**bearer(caller), **headers}, **request)


def posting(scene: Scene, path: str, body: Any, caller: str = "staff") -> Act:
    return asking(scene, "POST", path, caller, json=body)
