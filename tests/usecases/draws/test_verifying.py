"""Whatever is changed in the files of a draw, both verifiers find it, and name the step."""

import hashlib
import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from adapters.memory.drawing import MemoryDrawEngine
from domain.model.draws.manifest import canonical_json
from domain.usecases.draws.verify_draw import VerifyDraw, VerifyDrawCommand
from entrypoints.cli.draws import lines_of
from tests.model.draws.vectors import VECTORS, Vector
from tests.support.paths import ROOT

SCRIPT = ROOT / "docs/verify_draw.py"
OTHER = "0" * 64


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_draw", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OUTSIDERS = script()


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is published of a draw."""

    draw: dict[str, Any]
    """The manifest, or the answer about the draw."""
    list: bytes
    results: bytes
    randomness: str

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = self.draw.get("manifest", self.draw)
        return found

    def with_manifest(self, **members: Any) -> "Files":
        manifest = {**self.manifest, **members}
        return replace(self, draw={**self.draw, "manifest": manifest} if "manifest" in self.draw else manifest)


def files_of(vector: Vector) -> Files:
    return Files(
        draw=vector.values["manifest"],
        list=vector.list_file,
        results=vector.results_file,
        randomness=vector.values["randomness"],
    )


def answer_of(vector: Vector) -> Files:
    values = vector.values
    names = ("manifest", "manifestDigest", "randomness", "placed", "resultDigest", "cutoffs")
    members = {name: values[name] for name in names}
    members["waitlisted"] = values["manifest"]["entrants"] - sum(values["placed"].values())
    return replace(files_of(vector), draw={"drawId": "d", "status": "drawn", **members})


Verify = Callable[[Files, Path], Any]
"""Returns the difference in words, or nothing."""


async def by_fangate(files: Files, folder: Path) -> str | None:
    stored(files, folder)
    command = VerifyDrawCommand(
        manifest=json.dumps(files.draw).encode(),
        list=lines_of(folder / "list"),
        results=lines_of(folder / "results"),
        randomness=files.randomness,
    )
    found = await VerifyDraw(engine=MemoryDrawEngine())(command)
    return str(found) if found else None


def stored(files: Files, folder: Path) -> None:
    (folder / "list").write_bytes(files.list)
    (folder / "results").write_bytes(files.results)


async def by_the_script(files: Files, folder: Path) -> str | None:
    try:
        OUTSIDERS.verify(files.draw, files.list, files.results, files.randomness)
    except AssertionError as error:
        return str(error)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        return f"manifest: {error!r}"
    return None


pytestmark = pytest.mark.parametrize("verify", [by_fangate, by_the_script])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
async def test_a_right_draw_is_confirmed(verify: Verify, vector: Vector, tmp_path: Path) -> None:
    assert await verify(files_of(vector), tmp_path) is None
    assert await verify(answer_of(vector), tmp_path) is None
    in_capitals = replace(answer_of(vector), randomness=vector.values["randomness"].upper())
    assert await verify(in_capitals, tmp_path) is None


def swapped(content: bytes) -> bytes:
    first, second, *rest = content.splitlines(keepends=True)
    return b"".join([second, first, *rest])


WEIGHTS = [{"minScore": 95.0, "weight": 4}, {"minScore": 50.0, "weight": 2}]
MARKETS = (b"bos>nyc", b"nyc>bos")
TAMPERINGS: dict[str, tuple[str, Callable[[Files], Files]]] = {
    "a line of the list": ("list", lambda files: replace(files, list=files.list.replace(b",2,4,", b",1,4,", 1))),
    "a weight": ("list", lambda files: replace(files, list=files.list.replace(b",2,4,", b",2,64,", 1))),
    "a weight that is none": ("list", lambda files: replace(files, list=files.list.replace(b",2,4,", b",2,65,"))),
    "a weight that was not announced": (
        "list",
        lambda files: replace(files, list=files.list.replace(b",2,4,", b",2,3,", 1)),
    ),
    "a tier that is none": ("list", lambda files: replace(files, list=files.list.replace(b",2,4,", b",3,4,"))),
    "the order of markets": (
        "list",
        lambda files: replace(files, list=files.list.replace(b"bos>nyc", b"nyc>bos")),
    ),
    "a market that is none": ("list", lambda files: replace(files, list=files.list.replace(b"bos", b"box"))),
    "a removed line": ("list", lambda files: replace(files, list=files.list.partition(b"\n")[2])),
    "an added line": ("list", lambda files: replace(files, list=files.list + b"f" * 32 + b",0,1,nyc\n")),
    "a line twice": ("list", lambda files: replace(files, list=files.list + files.list[-44:])),
    "the order of the list": ("list", lambda files: replace(files, list=swapped(files.list))),
    "no last line feed": ("list", lambda files: replace(files, list=files.list[:-1])),
    "a market twice": ("list", lambda files: replace(files, list=files.list.replace(b"bos>nyc", b"bos>bos"))),
    "an empty list": ("list", lambda files: replace(files, list=b"")),
    "something else": ("list", lambda files: replace(files, list=b"\x1f\x8b" * 40)),
    "the number of entrants": ("list", lambda files: files.with_manifest(entrants=41)),
    "the list's digest": ("list", lambda files: files.with_manifest(listDigest=OTHER)),
    "the root": ("merkle root", lambda files: files.with_manifest(merkleRoot=OTHER)),
    "the seed": ("results", lambda files: files.with_manifest(seed=OTHER)),
    "the number": ("results", lambda files: files.with_manifest(number=2)),
    "places": ("results", lambda files: files.with_manifest(places={**files.manifest["places"], "nyc": 6})),
    "the time": ("results", lambda files: files.with_manifest(announcedAt="2026-11-25T12:00:00.001Z")),
    "the format": ("manifest", lambda files: files.with_manifest(format="fangate-draw/2")),
    "the randomness": ("results", lambda files: replace(files, randomness=OTHER)),
    "more randomness than a round has": (
        "randomness",
        lambda files: replace(files, randomness=files.randomness + "00"),
    ),
    "too little randomness": ("randomness", lambda files: replace(files, randomness="00")),
    "randomness in words": ("randomness", lambda files: replace(files, randomness="heads")),
    "a place": ("results", lambda files: replace(files, results=files.results.replace(b",-\n", b",nyc\n", 1))),
    "no place": ("results", lambda files: replace(files, results=files.results.replace(b",nyc\n", b",-\n", 1))),
    "another market": ("results", lambda files: replace(files, results=files.results.replace(b",nyc", b",bos"))),
    "the order of the results": ("results", lambda files: replace(files, results=swapped(files.results))),
    "a removed result": ("results", lambda files: replace(files, results=files.results.partition(b"\n")[2])),
    "the last result": ("results", lambda files: replace(files, results=files.results[:-42])),
    "an added result": ("results", lambda files: replace(files, results=files.results + b"f" * 32 + b",nyc\n")),
    "no results": ("results", lambda files: replace(files, results=b"")),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_what_was_changed_is_found_and_its_step_is_named(verify: Verify, name: str, tmp_path: Path) -> None:
    files = files_of(VECTORS[2])
    step, tamper = TAMPERINGS[name]
    tampered = tamper(files)

    assert tampered != files
    found = await verify(tampered, tmp_path)
    assert found is not None
    assert found.startswith(f"{step}: ")


@pytest.mark.parametrize(
    ("step", "member", "value"),
    [
        ("manifest", "manifestDigest", OTHER),
        ("randomness", "randomness", OTHER),
        ("results", "resultDigest", OTHER),
        ("cutoffs", "cutoffs", {"nyc": None, "bos": None, "münchen": None}),
    ],
)
async def test_what_the_answer_says_is_compared(
    verify: Verify, step: str, member: str, value: Any, tmp_path: Path
) -> None:
    files = answer_of(VECTORS[2])
    found = await verify(replace(files, draw={**files.draw, member: value}), tmp_path)

    assert found is not None
    assert found.startswith(f"{step}: ")


@pytest.mark.parametrize("member", sorted(VECTORS[0].values["manifest"]))
async def test_the_manifest_of_an_answer_cannot_be_changed(verify: Verify, member: str, tmp_path: Path) -> None:
    files = answer_of(VECTORS[0])
    others = {"number": 2, "entrants": 2, "announcedAt": "2026-11-25T12:00:00.001Z", "excluded": {}, "exclude": []}
    others |= {"campaignId": "other", "groupBy": "house", "minScore": 1, "places": {"nyc": 2}, "tiers": [5]}
    others |= {"weights": [{"minScore": 5, "weight": 2}], "beacon": {"kind": "manual"}, "format": "fangate-draw/2"}
    found = await verify(files.with_manifest(**{member: others.get(member, OTHER)}), tmp_path)

    assert found is not None
    assert found.startswith("manifest: ")


def each_byte_changed(content: bytes) -> Iterator[bytes]:
    for at, byte in enumerate(content):
        yield content[:at] + bytes([byte ^ 1]) + content[at + 1 :]


async def test_each_changed_byte_of_the_list_and_of_the_results_is_found(verify: Verify, tmp_path: Path) -> None:
    files = answer_of(VECTORS[1])
    for list in each_byte_changed(files.list):
        assert str(await verify(replace(files, list=list), tmp_path)).startswith("list: "), list
    for results in each_byte_changed(files.results):
        assert str(await verify(replace(files, results=results), tmp_path)).startswith("results: "), results


async def test_each_changed_byte_of_the_manifest_is_found(verify: Verify, tmp_path: Path) -> None:
    """Unless it is no JSON any more."""
    files, found = answer_of(VECTORS[2]), []
    for changed in each_byte_changed(canonical_json(files.manifest)):
        with suppress(ValueError):
            manifest = json.loads(changed)
            found.append(await verify(replace(files, draw={**files.draw, "manifest": manifest}), tmp_path))

    assert len(found) > 300
    assert all(str(one).startswith("manifest: ") for one in found), found


@pytest.mark.parametrize("members", [{"tiers": [90.0, 70.5]}, {"minScore": 12.0}, {"weights": WEIGHTS}])
async def test_a_number_in_another_form_is_another_manifest(
    verify: Verify, members: dict[str, Any], tmp_path: Path
) -> None:
    """70.0 is 70, but it is not what was announced: its bytes have another digest."""
    files = answer_of(VECTORS[2])
    whole = {name: json.loads(json.dumps(value).replace(".0", "")) for name, value in members.items()}
    digest = hashlib.sha256(canonical_json({**files.manifest, **whole})).hexdigest()
    announced = replace(files, draw={**files.draw, "manifestDigest": digest})

    assert str(await verify(announced.with_manifest(**members), tmp_path)).startswith("manifest: ")
    assert str(await verify(announced.with_manifest(**whole), tmp_path)).startswith("results: ")
