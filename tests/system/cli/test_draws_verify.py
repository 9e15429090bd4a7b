"""``fangate draws verify``: an outsider's check, without a store and without settings."""

import json
from pathlib import Path

from tests.model.draws.vectors import VECTORS
from tests.support.commands import fangate

DRAW = VECTORS[2]


def test_a_right_draw_is_confirmed_and_a_changed_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(DRAW.values["manifest"], indent=2))
    (tmp_path / "list.csv").write_bytes(DRAW.list_file)
    (tmp_path / "results.csv").write_bytes(DRAW.results_file)
    (tmp_path / "changed.csv").write_bytes(DRAW.results_file.replace(b",-\n", b",nyc\n", 1))
    randomness = ("--randomness", DRAW.values["randomness"])

    right = fangate("draws", "verify", "manifest.json", "list.csv", "results.csv", *randomness, folder=tmp_path)
    changed = fangate("draws", "verify", "manifest.json", "list.csv", "changed.csv", *randomness, folder=tmp_path)

    assert (right.returncode, right.stdout) == (0, "every step agrees\n")
    assert (changed.returncode, changed.stdout) == (1, "")
    assert changed.stderr.startswith("fangate: the draw differs: results: line 2 must be ")
