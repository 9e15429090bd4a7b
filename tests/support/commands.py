"""``fangate`` as a person at a terminal runs it."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.servers.service import SECRET
from tests.support.servers.starting import Output, start

ENDS_WITHIN_SECONDS = 120


def fangate(
    *arguments: str, settings: Mapping[str, str] | None = None, folder: Path | None = None, forked: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run to its end."""
    with tempfile.TemporaryDirectory(prefix="fangate-command-") as place:
        output = Output(stdout=Path(place) / "out", stderr=Path(place) / "err")
        given = {"FANGATE_JWT_SECRET": SECRET} | dict(settings or {})
        process = start(*arguments, settings=given, output=output, folder=folder, forked=forked)
        try:
            status = process.wait(ENDS_WITHIN_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, status, output.stdout.read_text(), output.stderr.read_text())
