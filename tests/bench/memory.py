"""The memory of a service that imports a million rows, beside that of one that imports fifty thousand."""

import re
from pathlib import Path

from rich.console import Console

from tests.bench.figures import Figure
from tests.bench.ground import Database, Ground, import_over_http, new_campaign, new_codes
from tests.support.servers.process import Process

LIMIT_MIB = 100
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


def run(ground: Ground, console: Console) -> list[Figure]:
    few, many = ground.size.codes, ground.size.many
    small = _peak_mib(ground, ground.database(), few)
    console.print(f"  {few:,} rows: {small:.0f} MiB at most")
    ground.many = ground.database()
    large = _peak_mib(ground, ground.many, many)
    console.print(f"  {many:,} rows: {large:.0f} MiB at most")
    return [
        Figure(
            work=f"memory for {many:,} rows",
            measured=f"{large:.0f} MiB",
            ceiling=f"{few:,} rows: {small:.0f} MiB",
            outcome=f"{large - small:+.0f} MiB",
            target=f"≤ +{LIMIT_MIB} MiB",
            met=large - small <= LIMIT_MIB,
        )
    ]


def _peak_mib(ground: Ground, database: Database, rows: int) -> float:
    """Of a new service, so that earlier work does not count."""
    campaign = new_campaign()
    key = ground.upload(campaign, new_codes(rows))
    with ground.service(database) as running:
        report = import_over_http(running, campaign, key)
        assert report["inserted"] == rows, report
        return peak_mib(running)


def peak_mib(running: Process) -> float:
    """The most memory that the process has used since it started."""
    found = _PEAK.search(Path(f"/proc/{running.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024
