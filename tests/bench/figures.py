"""The results of a benchmark: each figure beside the ceiling measured in the same run."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    work: str
    measured: str
    ceiling: str
    outcome: str
    """The value that the target limits: a ratio, a difference or a time."""
    target: str
    met: bool


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], of_a_hundred: int) -> float:
    """The percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[of_a_hundred - 1]


def percentiles(milliseconds: Sequence[float]) -> str:
    """The percentiles 50, 95 and 99."""
    return " / ".join(f"p{share} {percentile(milliseconds, share):.0f}" for share in (50, 95, 99)) + " ms"


def show(figures: Sequence[Figure], console: Console) -> None:
    table = Table(title="Each figure beside its ceiling", title_justify="left")
    for heading in ("work", "measured", "ceiling, same run", "outcome", "target", "met"):
        table.add_column(heading)
    for figure in figures:
        met = "[green]yes[/]" if figure.met else "[bold red]NO[/]"
        table.add_row(figure.work, figure.measured, figure.ceiling, figure.outcome, figure.target, met)
    console.print(table)


def markdown(figures: Sequence[Figure]) -> str:
    """The same, as the table in the README."""
    rows = [
        f"| {figure.work} | {figure.measured} | {figure.ceiling} | {figure.outcome} | {figure.target} "
        f"| {'yes' if figure.met else 'NO'} |"
        for figure in figures
    ]
    heading = "| work | measured | ceiling, same run | outcome | target | met |"
    return "\n".join((heading, "|---|---|---|---|---|---|", *rows))
