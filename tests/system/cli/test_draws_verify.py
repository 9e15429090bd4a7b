"""``fangate draws verify``: an outsider's check, without a store and without settings."""

import json
from pathlib import Path

from entrypoints.cli.demo.outsider import AGREES, recompute, verifier
from tests.model.draws.vectors import VECTORS
from tests.support.commands import fangate

DRAW = VECTORS[2]
CONFIRMED = f"{AGREES}\nSHA-256 of the manifest: {DRAW.values['manifestDigest']}\nnot checked: nothing"
"""Nothing else is in the manifest. With the whole answer about the draw, its id and times cannot be checked."""


def test_a_right_draw_is_confirmed_and_a_changed_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(DRAW.values["manifest"], indent=2))
    (tmp_path / "list.csv").write_bytes(DRAW.list_file)
    (tmp_path / "results.csv").write_bytes(DRAW.results_file)
    (tmp_path / "changed.csv").write_bytes(DRAW.results_file.replace(b",-\n", b",nyc\n", 1))
    randomness = ("--randomness", DRAW.values["randomness"])

    right = fangate("draws", "verify", "manifest.json", "list.csv", "results.csv", *randomness, folder=tmp_path)
    changed = fangate("draws", "verify", "manifest.json", "list.csv", "changed.csv", *randomness, folder=tmp_path)

    assert (right.returncode, right.stdout) == (0, f"{CONFIRMED}\n")
    assert (changed.returncode, changed.stdout) == (1, "")
    assert changed.stderr.startswith("fangate: the draw differs: results: line 2 must be ")


async def test_where_only_the_package_is_installed_the_demo_verifies_with_its_command(tmp_path: Path) -> None:
    draw, listed = _stored(tmp_path, "draw.json", DRAW.manifest), _stored(tmp_path, "list.csv", DRAW.list_file)
    results = _stored(tmp_path, "results.csv", DRAW.results_file)
    changed = _stored(tmp_path, "changed.csv", DRAW.results_file.replace(b",-\n", b",nyc\n", 1))
    command, randomness = verifier(tmp_path / "verify_draw.py"), DRAW.values["randomness"]

    assert command[1:] == ("draws", "verify")
    assert await recompute(command, draw, listed, results, randomness) == (0, CONFIRMED)
    code, verdict = await recompute(command, draw, listed, changed, randomness)
    assert (code, "results: line 2 must be" in verdict) == (1, True)


def _stored(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
