"""``python -m adapters.drawing.job FOLDER``: does one computation in a process of its own.

The folder has the order in ``job.json``, and gets the answer in ``answer.json``.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from adapters.drawing.computing import compute
from adapters.drawing.freezing import freeze
from adapters.drawing.workers import live_with_parent
from domain.model.draws.lines import MalformedLine

ORDER: Final = "job.json"
ANSWER: Final = "answer.json"


def run(folder: Path) -> dict[str, Any]:
    order = json.loads((folder / ORDER).read_text(encoding="utf-8"))
    if order is None:
        return asdict(freeze(folder))
    try:
        key = bytes.fromhex(order["key"])
        return asdict(compute(folder, key, order["places"], order["offsets"], order["entrants"]))
    except MalformedLine as error:
        return {"malformed": str(error)}


if __name__ == "__main__":
    live_with_parent()
    answer = run(Path(sys.argv[1]))
    (Path(sys.argv[1]) / ANSWER).write_text(json.dumps(answer), encoding="utf-8")
