"""``fangate`` as a person at a terminal runs it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.servers.process import inherited
from tests.support.servers.service import SECRET


def fangate(
    *arguments: str, settings: Mapping[str, str] | None = None, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run to its end."""
    return subprocess.run(
        [Path(sys.executable).parent / "fangate", *arguments],
        env=inherited() | {"FANGATE_JWT_SECRET": SECRET} | dict(settings or {}),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
