"""The geometry of bars and histograms. Templates draw them as SVG, beside a table with the same numbers."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

WIDTH: Final = 1_000
HEIGHT: Final = 200
SERIES: Final = 6
"""As many colours as the style has."""


class Part(NamedTuple):
    """A piece of a bar, in thousandths of its width."""

    name: str
    value: int
    x: float
    width: float
    series: int


def stacked(parts: Iterable[tuple[str, int]], whole: int | None = None) -> list[Part]:
    """One bar of several parts. ``whole``: what the full width stands for; without it, the sum of the parts."""
    named = list(parts)
    total = max(1, whole if whole is not None else sum(value for _, value in named))
    drawn, x = [], 0.0
    for series, (name, value) in enumerate(named):
        width = round(WIDTH * value / total, 2)
        drawn.append(Part(name, value, round(x, 2), width, series % SERIES + 1))
        x += width
    return drawn


class Column(NamedTuple):
    """A column of a histogram."""

    name: str
    value: int
    x: float
    y: float
    width: float
    height: float


def columns(values: Sequence[tuple[str, int]]) -> list[Column]:
    """The highest has the full height; one that is not zero is always seen."""
    highest = max((value for _, value in values), default=0) or 1
    step = WIDTH / max(1, len(values))
    drawn = []
    for place, (name, value) in enumerate(values):
        height = max(1.0, round(HEIGHT * value / highest, 2)) if value else 0.0
        drawn.append(Column(name, value, round(place * step, 2), HEIGHT - height, round(step, 2), height))
    return drawn
