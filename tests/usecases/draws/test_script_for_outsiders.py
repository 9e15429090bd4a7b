"""docs/verify_draw.py as an outsider runs it: a file of its own, with nothing but the standard library."""

import ast
import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain.model.draws.merkle import audit_path, leaf_hash
from tests.model.draws.vectors import VECTORS, Vector
from tests.usecases.draws.test_verifying import OUTSIDERS, SCRIPT, answer_of


def test_the_script_is_one_short_file_of_the_standard_library() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    imported = {
        alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names
    }

    assert len(text.splitlines()) < 150
    assert imported <= sys.stdlib_module_names
    assert "ImportFrom" not in ast.dump(ast.parse(text))


def run(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """In an isolated interpreter: it sees no package."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("draw")
    files = answer_of(VECTORS[2])
    (folder / "draw.json").write_text(json.dumps(files.draw))
    (folder / "list.csv").write_bytes(files.list)
    (folder / "results.csv").write_bytes(files.results)
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "latin.json").write_bytes(json.dumps(files.draw).replace("nyc", "n\xffc").encode("latin-1"))
    (folder / "endless.json").write_text(json.dumps(files.draw).replace('"number": ', '"number": 1e999, "x": ', 1))
    (folder / "large.json").write_text(" " * (2**20 + 1))
    (folder / "proof.json").write_text(json.dumps([{"drawId": "other"}, fan_of(VECTORS[2])]))
    return folder


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["draw.json", "list.csv", "results.csv", "--randomness", "RIGHT"], 0, "every step agrees"),
        (["draw.json", "list.csv", "results.csv", "--randomness", "0" * 64], 1, "DIFFERS: randomness"),
        (["draw.json", "results.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: list"),
        (["deep.json", "list.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: manifest"),
        (["latin.json", "list.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: manifest"),
        (["endless.json", "list.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: manifest"),
        (["large.json", "list.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: manifest"),
        (["list.csv", "list.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: manifest"),
        (["proof.json", "list.csv", "results.csv", "--randomness", "RIGHT"], 1, "DIFFERS: manifest"),
        (["draw.json", "list.csv", "nothing", "--randomness", "RIGHT"], 1, "DIFFERS: "),
        (["fan", "proof.json", "draw.json"], 0, "the line is in the list"),
        (["fan", "draw.json", "proof.json"], 1, "DIFFERS: "),
        (["draw.json"], 2, "verify_draw.py MANIFEST LIST RESULTS"),
    ],
    ids=range(13),
)
def test_the_script_says_what_differs(words: list[str], status: int, said: str, folder: Path) -> None:
    right = VECTORS[2].values["randomness"]
    ended = run(*(right if word == "RIGHT" else word for word in words), folder=folder)

    assert (ended.returncode, said in ended.stdout + ended.stderr) == (status, True), ended
    assert "Traceback" not in ended.stderr


def fan_of(vector: Vector, index: int | None = None) -> dict[str, Any]:
    """What the fan of this line is answered. None: the fan of the vector's proof."""
    index, lines = vector.values["proof"]["index"] if index is None else index, vector.encoded_lines
    line, path = lines[index].decode(), audit_path(list(map(leaf_hash, lines)), index)
    market = dict(line.split(",") for line in vector.values["result"].split())[line[:32]]
    return {
        "drawId": "d",
        "ballotId": line[:32],
        "line": line,
        "proof": {"index": index, "size": len(lines), "path": [one.hex() for one in path]},
        "outcome": "waitlisted" if market == "-" else "placed",
        "market": None if market == "-" else market,
        "waitlist": dict.fromkeys(line.split(",")[3].split(">"), 1) if market == "-" else {},
    }


def kept(fan: dict[str, Any]) -> dict[str, Any]:
    """What the fan was answered before the draw, and has kept."""
    return fan | {"outcome": "announced", "market": None, "waitlist": {}}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_each_fan_can_check_the_own_line_and_market(vector: Vector) -> None:
    """Those at the cutoffs, too. Before and after the draw, and after it with what was kept from before."""
    draw = answer_of(vector).draw
    announced = {name: draw[name] for name in ("drawId", "manifest", "manifestDigest")}
    for index in range(len(vector.lines)):
        fan = fan_of(vector, index)
        place = f"a place in {fan['market']}" if fan["market"] else "no place"
        said = f"the line is in the list, and the draw gave it {place}"

        assert OUTSIDERS.verify_fan(fan, draw) == OUTSIDERS.verify_fan(kept(fan), draw) == said
        assert "the draw has not run" in OUTSIDERS.verify_fan(kept(fan), announced)
        with pytest.raises(AssertionError, match="outcome"):
            OUTSIDERS.verify_fan(fan, announced)


def test_a_place_of_a_filling_is_no_difference() -> None:
    waits = next(fan for index in range(7) if not (fan := fan_of(VECTORS[1], index))["market"])
    filled = waits | {"outcome": "placed", "market": waits["line"].split(",")[3].split(">")[0], "waitlist": {}}

    assert "the draw gave it no place" in OUTSIDERS.verify_fan(filled, answer_of(VECTORS[1]).draw)


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("proof", {"ballotId": "f" * 32}),
        ("proof", {"line": VECTORS[1].values["proof"]["line"].replace("nyc", "bos")}),
        ("proof", {"proof": {"index": 3}}),
        ("proof", {"proof": {"index": -1}}),
        ("proof", {"proof": {"size": 8}}),
        ("proof", {"proof": {"path": []}}),
        ("proof", {"proof": {"path": ["00" * 32] * 3}}),
        ("proof", {"proof": {"path": ["00" * 32] * 900}}),
    ],
    ids=range(8),
)
def test_a_proof_that_is_none_is_found(step: str, change: dict[str, Any]) -> None:
    fan = copy.deepcopy(fan_of(VECTORS[1]))
    for name, value in change.items():
        fan[name] = {**fan[name], **value} if isinstance(value, dict) else value

    with pytest.raises(AssertionError, match=step):
        OUTSIDERS.verify_fan(fan, answer_of(VECTORS[1]).draw)


def test_a_place_that_the_cutoffs_give_and_the_fan_did_not_get_is_found() -> None:
    """Vector 0 has one entrant, and a place for the entrant."""
    fan = {**fan_of(VECTORS[0]), "outcome": "waitlisted", "market": None, "waitlist": {"nyc": 1}}

    with pytest.raises(AssertionError, match="cutoffs: by them, the place is in nyc"):
        OUTSIDERS.verify_fan(fan, answer_of(VECTORS[0]).draw)
