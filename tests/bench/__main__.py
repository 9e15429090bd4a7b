"""``python -m tests.bench [--quick] [--markdown] [--folder FOLDER] [name …]``.

Exit status 1: a target was missed. A quick run only shows that everything runs.
"""

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from tests.bench import (
    counts,
    drawing,
    eligibility,
    erasing,
    exporting,
    finding,
    histogram,
    imports,
    memory,
    observing,
    open_loop,
    pages,
    registering,
    relaying,
    reserving,
    retrying,
    scores,
    stored_draws,
    tour,
    uploading,
)
from tests.bench.figures import Figure, markdown, show
from tests.bench.ground import QUICK, Ground, Size, ground

Bench = Callable[[Ground, Console], list[Figure]]

BENCHES: dict[str, Bench] = {
    "reserve": reserving.run,
    "workers": reserving.run_workers,
    "entry-read": registering.read,
    "observe": observing.run,
    "register": registering.register,
    "openloop": open_loop.run,
    "relay": relaying.relay,
    "relay-latency": relaying.latency,
    "retry": retrying.run,
    "import": imports.run,
    "memory": memory.run,
    "count": counts.run,
    "scores": scores.run,
    "breakdown": eligibility.run_breakdown,
    "eligibility": eligibility.run,
    "histogram": histogram.run,
    "draw": drawing.run,
    "export": exporting.run,
    "search": finding.run,
    "pages": pages.run,
    "erase": erasing.run,
    "upload": uploading.run,
    "tour": tour.run,
    "draws": stored_draws.run,
}
"""In this order: databases are small while latency is measured, ``count`` uses what ``memory`` left, and
``breakdown``, ``eligibility``, ``histogram``, ``export``, ``search`` and ``pages`` ask about the same
registrations. ``erase`` takes some of them away."""
LONG = ("tour", "draws")
"""Only when they are named: each needs a quarter of an hour, and up to 10 GiB of disk while it runs."""


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"of {', '.join(BENCHES)}; all but {' and '.join(LONG)} when none is given",
    )
    parser.add_argument("--quick", action="store_true", help="a small run, to see that it works")
    parser.add_argument("--folder", type=Path, help="keep the data of a long one here, and use it again")
    parser.add_argument("--markdown", action="store_true", help="print the table as the README has it, too")
    given = parser.parse_args()
    if unknown := set(given.names) - BENCHES.keys():
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    names = [name for name in BENCHES if name in (given.names or BENCHES.keys() - set(LONG))]
    figures = _run(names, quick=given.quick, folder=given.folder)
    if given.markdown:
        sys.stdout.write(markdown(figures) + "\n")
    if not given.quick and not all(figure.met for figure in figures):
        sys.exit(1)


def _end(number: int, _: object) -> NoReturn:
    """Stop with an exception, so that every server is ended."""
    sys.exit(128 + number)


def _run(names: list[str], *, quick: bool, folder: Path | None) -> list[Figure]:
    console = Console(soft_wrap=True, highlight=False, stderr=True)
    figures: list[Figure] = []
    try:
        with ground(QUICK if quick else Size(), folder) as prepared:
            console.print(_machine(prepared))
            for name in names:
                console.print(f"[bold]{name}[/]")
                figures += BENCHES[name](prepared, console)
    finally:  # What was measured before an error took its time too.
        show(figures, Console(width=200))
    return figures


def _machine(prepared: Ground) -> str:
    version = prepared.client.server_info()["version"]
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores (load {load:.1f}), Python {platform.python_version()}, mongod {version}"


if __name__ == "__main__":
    main()
