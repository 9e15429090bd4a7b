"""What the demo prints: steps, sentences with numbers, and checks that hold or fail."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

INDENT = " " * 5


class Story:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps = 0
        self._tick, self._cross = ("ok", "NO") if console.options.ascii_only else ("✓", "✗")
        self.failed: list[str] = []
        """The checks that failed."""

    def title(self, text: str) -> None:
        self._print(text, style="bold cyan")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """One step, numbered, with the time it took."""
        self._steps += 1
        self._print("")
        self._print(f"{self._steps:>3}. {title}", style="bold")
        began = time.perf_counter()
        yield
        self._print(f"{INDENT}{time.perf_counter() - began:.2f} s", style="dim")

    def say(self, text: str) -> None:
        self._print(f"{INDENT}{text}")

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A sentence that is shown only while the block lasts, and only on a terminal."""
        with self._console.status(f"{INDENT}{text}"):
            yield

    def check(self, text: str, holds: bool) -> None:
        """Print a check, and remember it if it failed."""
        if not holds:
            self.failed.append(text)
        mark, style = (self._tick, "green") if holds else (self._cross, "bold red")
        self._print(f"{mark:>4} {text}", style=style)

    def _print(self, text: str, style: str = "") -> None:
        """Print without markup or line breaks: a code may look like markup, and a number must not be broken."""
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
