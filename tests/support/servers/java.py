"""Java, and jars: fetched by Maven once, and kept in the user's cache."""

import fcntl
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

OLDEST_JAVA: Final = 17
FETCH_SECONDS: Final = 600
CACHE: Final = Path.home() / ".cache" / "fangate-tests"
SMALL: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options for a server that lives for minutes: it starts sooner and uses fewer threads."""
_VERSION: Final = re.compile(r'version "(?:1\.)?([0-9]+)')


def packaged_java() -> str | None:
    """Its path; None where there is none, or an old one."""
    path = shutil.which("java")
    if path is None:
        return None
    output = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    version = _VERSION.search(output)
    return path if version is not None and int(version[1]) >= OLDEST_JAVA else None


def packaged_jars(pom: Path, artifact: str) -> Path | None:
    """The folder of ``artifact`` and of what it needs, as ``pom`` names them; None where Maven cannot fill it."""
    version = pom.read_text().partition(f"{artifact}</artifactId>")[2].partition("<version>")[2].partition("<")[0]
    name = f"{artifact.partition('_')[0]}-{version}"
    folder = CACHE / name
    with one_at_a_time(name):
        if not folder.exists():
            _fetch(pom, folder)
    return folder if folder.exists() else None


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Other processes of the same run want the same of the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(pom: Path, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        return
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        fetched = Path(temporary) / "jars"
        command = [
            maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies",
            f"-DoutputDirectory={fetched}", "-DincludeScope=runtime",
        ]  # fmt: skip
        outcome = subprocess.run(command, cwd=temporary, timeout=FETCH_SECONDS, check=False)
        if outcome.returncode == 0:
            fetched.rename(folder)
