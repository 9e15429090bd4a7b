"""The published test vectors of the algorithm."""

import json
from dataclasses import dataclass
from typing import Any

from domain.model.draws.lines import Line
from tests.support.paths import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One draw, with every value on the way to its result."""

    name: str
    values: dict[str, Any]

    @property
    def manifest(self) -> bytes:
        return json.dumps(self.values["manifest"]).encode()

    @property
    def list_file(self) -> bytes:
        return str(self.values["list"]).encode()

    @property
    def results_file(self) -> bytes:
        return str(self.values["result"]).encode()

    @property
    def encoded_lines(self) -> list[bytes]:
        return self.list_file.split(b"\n")[:-1]

    @property
    def lines(self) -> list[Line]:
        return [Line.parse(line) for line in self.encoded_lines]


VECTORS = [
    Vector(name=values["name"], values=values)
    for values in json.loads((ROOT / "tests/model/draws/vectors.json").read_text(encoding="utf-8"))
]
