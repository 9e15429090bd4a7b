"""What many callers did and what each was told: one line of JSON when a step begins, one when it ends."""

import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TextIO

# What was asked and answered: shaped by the verb, and read by the rules that know it.
Words = dict[str, Any]

NEVER: Final = math.inf


class Outcome(StrEnum):
    OK = "ok"
    FAIL = "fail"
    """Refused: it certainly changed nothing."""
    INFO = "info"
    """Cut off half-way: it may have happened, or may happen yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call. ``id`` is also the user id it was made under, so that what is stored names its step."""

    id: str
    verb: str
    asked: Words
    start: float
    outcome: Outcome = Outcome.INFO
    answer: Words = field(default_factory=dict)
    end: float = NEVER
    """When it had certainly happened, or certainly not. What was cut off has no such time."""

    @property
    def succeeded(self) -> bool:
        return self.outcome is Outcome.OK


class Recorder:
    def __init__(self, file: TextIO) -> None:
        self._file = file

    def began(self, id: str, verb: str, asked: Words) -> None:
        self._write({"id": id, "kind": "invoke", "at": time.time(), "verb": verb, "asked": asked})

    def ended(self, id: str, outcome: Outcome, answer: Words) -> None:
        self._write({"id": id, "kind": outcome.value, "at": time.time(), "answer": answer})

    def _write(self, line: Words) -> None:
        self._file.write(json.dumps(line) + "\n")


def read(paths: Iterable[Path]) -> list[Step]:
    """The steps of all these files. One that never ended was cut off."""
    steps: dict[str, Step] = {}
    for path in paths:
        for text in path.read_text().splitlines():
            line = json.loads(text)
            if line["kind"] == "invoke":
                steps[line["id"]] = Step(id=line["id"], verb=line["verb"], asked=line["asked"], start=line["at"])
            elif line["kind"] != Outcome.INFO:
                steps[line["id"]] = replace(
                    steps[line["id"]], outcome=Outcome(line["kind"]), answer=line["answer"], end=line["at"]
                )
    return sorted(steps.values(), key=lambda step: step.start)
