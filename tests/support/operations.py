"""The declared operations, as tests ask them."""

import inspect
from pathlib import Path
from typing import Any, Final

from entrypoints.http.operation import Operation
from entrypoints.http.operations import OPERATIONS
from tests.support.paths import ROOT

_IN_PATHS: Final = {
    "userId": "somebody", "importId": "no-such-import", "type": "tm", "filename": "a.csv",
    "drawId": "no-such-draw",
}  # fmt: skip

DOCUMENTED: Final = [operation for operation in OPERATIONS if operation.documented]


def path_in_campaign(operation: Operation) -> str:
    """What stands behind the campaign, with something in place of each parameter."""
    return path_of(operation, "").removeprefix("//")


def path_of(operation: Operation, campaign: str) -> str:
    """The whole path in this campaign, with something in place of each other parameter."""
    path = operation.path.replace("{campaignId}", campaign)
    for name, value in _IN_PATHS.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def declared_in(declared: Any) -> str:
    """The file that a function or a class is in, for messages."""
    return str(Path(inspect.getfile(declared)).relative_to(ROOT))


def where(operation: Operation) -> str:
    """The operation and the file of its handler, for messages."""
    return f"{declared_in(operation.handler)}: {operation.id}"
