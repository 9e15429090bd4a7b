"""Processor time of other processes, as the kernel counts it: other work on the machine does not change it."""

import os
from pathlib import Path

from tests.support.servers.process import Process


def cpu_seconds(process: Process) -> float:
    return cpu_seconds_of(process.process.pid)


def cpu_seconds_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds_with_children(pid: int) -> float:
    """With the processes that it has started and that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
