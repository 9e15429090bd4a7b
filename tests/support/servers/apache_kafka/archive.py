"""An archive of the classes of a broker, kept in the user's cache: with it a broker starts in half the time.

Java's name for it is class data sharing. A Java machine that cannot use the archive starts without it.
"""

import hashlib
from functools import partial
from pathlib import Path

from tests.support.servers.apache_kafka.brokers import cluster
from tests.support.servers.apache_kafka.machines import JavaProcess
from tests.support.servers.java import one_at_a_time


def archived(java: str, jars: Path) -> str:
    """The option for Java that names the archive, which is made if there is none for this Java and these jars."""
    path = jars.with_name(f"{jars.name}-{_digest(java)}.jsa")
    with one_at_a_time(path.stem):
        if not path.exists():
            _make(java, jars, path)
    return f"-XX:SharedArchiveFile={path}"


def _digest(java: str) -> str:
    """Another for another Java, or a newer one."""
    program = Path(java).resolve()
    return hashlib.sha256(f"{program} {program.stat().st_mtime_ns}".encode()).hexdigest()[:12]


def _make(java: str, jars: Path, path: Path) -> None:
    """A broker writes the archive when it stops."""
    new = path.with_suffix(".new")
    with cluster(partial(JavaProcess, java, jars, f"-XX:ArchiveClassesAtExit={new}")) as running:
        for node in running.nodes.values():
            node.machine.stop()
    if new.exists():
        new.rename(path)
