"""Each figure that is published about a draw is changed in turn: both verifiers refuse it.

What they cannot check is listed here, and they say it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from adapters.memory.drawing import computed
from domain.model.codes.code import CodeType
from domain.model.draws.draw import Draw
from domain.model.draws.filling import Filling
from domain.model.draws.manifest_reading import read_manifest
from domain.model.draws.published import read_published
from domain.model.ids import DrawId
from domain.model.registrations.markets import MarketId
from entrypoints.http.draws.body import DrawBody
from tests.model.draws.vectors import VECTORS
from tests.support.registrations import NOON
from tests.usecases.draws.mutations import mutations
from tests.usecases.draws.test_script_for_outsiders import fan_of, kept
from tests.usecases.draws.test_verifying import OUTSIDERS, Files, Verify, by_fangate, by_the_script, files_of

VECTOR: Final = VECTORS[2]
NYC: Final = MarketId("nyc")
NOT_CHECKED: Final[Mapping[str, str]] = {
    "drawId": "random; nothing in the files says it",
    "drawnAt": "when the service ran the draw; the round decides, however late that was",
    "withheld": "who had withdrawn is not in the files",
    "fillings": "who withdrew since, and which places were added, is not in the files",
    "givingCodes": "codes are no part of the draw",
}
"""Of the answer about a draw, with the reason."""
OF_OTHERS: Final[Mapping[str, str]] = {
    "randomness": "with another one the own key is another; only the list shows what that changes for others",
    "cutoffs": "the own turn shows only on which side of a cutoff it is",
    "placed": "the own line shows nothing of others; the sum with those who wait is checked",
    "resultDigest": "a fan does not have the results",
}
"""What a fan cannot check beside: it needs the list."""


def drawn() -> Draw:
    """With all that a draw can have."""
    manifest = read_manifest(VECTOR.manifest)
    begun = Draw(id=DrawId("d"), manifest=manifest).begin_run(VECTOR.values["randomness"])
    result = computed(VECTOR.lines, begun.key(), manifest.rules.places).result
    filling = Filling(number=1, at=NOON, places={NYC: 2}, offered={NYC: 1})
    return replace(
        begun.with_result(result).finish_run(manifest.announced_at + timedelta(hours=2)),
        withheld={NYC: 1},
        fillings=(filling,),
        giving_codes={CodeType.TM: NOON},
    )


def answer(draw: Draw) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(DrawBody.of(draw)))
    return found


def announced() -> Draw:
    return Draw(id=DrawId("d"), manifest=read_manifest(VECTOR.manifest))


def says_nothing(path: str) -> bool:
    """A member of the answer that is left out, or has another name, is no figure that was confirmed."""
    return path.count("/") < 2 and path.endswith((" renamed", " left out", " with another member"))


@pytest.mark.parametrize("draw", [announced(), drawn()], ids=["announced", "drawn"])
@pytest.mark.parametrize("verify", [by_fangate, by_the_script])
async def test_each_changed_figure_of_the_answer_is_refused(verify: Verify, draw: Draw, tmp_path: Path) -> None:
    """The answer of the announcement confirms the files of the draw, too: an auditor has kept it."""
    right = replace(files_of(VECTOR), draw=answer(draw))
    assert await verify(right, tmp_path) is None
    confirmed, refused = set(), 0
    for path, changed in mutations(right.draw):
        if isinstance(changed, dict) and not says_nothing(path):
            found = await verify(replace(right, draw=changed), tmp_path)
            refused += found is not None
            if found is None:
                confirmed.add(path)

    assert {path.split("/")[1].split()[0] for path in confirmed} <= NOT_CHECKED.keys(), confirmed
    assert refused > 200


async def test_what_is_not_checked_is_said() -> None:
    draw = answer(drawn())
    files = files_of(VECTOR)
    beside = draw | {"winner": "ann", "seed": "00" * 32, "places": {}}  # The last two say what the manifest says.
    said = OUTSIDERS.verify(beside, files.list, files.results, files.randomness)

    left = sorted([*NOT_CHECKED, "winner", "seed", "places"])
    assert said.splitlines()[2] == f"not checked: {', '.join(left)}"
    assert read_published(json.dumps(beside).encode()).not_checked == left


@pytest.mark.parametrize("verify", [by_fangate, by_the_script])
async def test_an_aborted_draw_has_no_results(verify: Verify, tmp_path: Path) -> None:
    aborted = replace(files_of(VECTOR), draw=answer(announced().abort(NOON)))

    assert await verify(aborted, tmp_path) == "results: " + (
        "abortedAt of the answer is not what the manifest and the files give"
    )


@pytest.mark.parametrize("verify", [by_fangate, by_the_script])
@pytest.mark.parametrize("file", ["list", "results"])
async def test_each_line_that_is_left_out_doubled_or_moved_is_refused(
    verify: Verify, file: str, tmp_path: Path
) -> None:
    files = files_of(VECTOR)
    lines = getattr(files, file).splitlines(keepends=True)
    for at, line in enumerate(lines):
        rest = [*lines[:at], *lines[at + 1 :]]
        moved = [*rest[:at], *rest[at + 1 :], line] if at + 1 < len(lines) else [line, *rest]
        for changed in (rest, [*lines[:at], line, *lines[at:]], moved):
            found = await verify(_with(files, file, b"".join(changed)), tmp_path)
            assert str(found).startswith(f"{file}: "), (at, found)


def _with(files: Files, file: str, content: bytes) -> Files:
    return replace(files, list=content) if file == "list" else replace(files, results=content)


@pytest.mark.parametrize("index", [0, 1, 2, 3], ids=str)
def test_each_changed_figure_of_a_fans_own_answer_is_refused(index: int) -> None:
    """But for the position on a waitlist, which needs the list."""
    draw, fan = answer(drawn()), fan_of(VECTOR, index)
    for own in (fan, kept(fan)):
        assert "the line is in the list" in OUTSIDERS.verify_fan(own, draw)
        for path, changed in mutations(own):
            position = path.startswith("/waitlist/") and " -> " in path
            if not position and not same_proof(path) and path != " with another member":
                assert refused(changed, draw), path


@pytest.mark.parametrize("of", [announced(), drawn()], ids=["announced", "drawn"])
def test_each_changed_figure_of_the_draw_that_a_fan_can_check_is_refused(of: Draw) -> None:
    fan = fan_of(VECTOR) if of.result else kept(fan_of(VECTOR))
    assert not refused(fan, answer(of))
    for path, changed in mutations(answer(of)):
        if not says_nothing(path) and not path.endswith(".0") and not refused(fan, changed):
            name = path.split("/")[1].split()[0]
            assert name in (NOT_CHECKED.keys() - {"drawId"}) | OF_OTHERS.keys(), path


def same_proof(path: str) -> bool:
    """Hex in capitals or with a space, 1.0 and true are the same bytes and the same number."""
    _, _, value = path.partition(" -> ")
    return path.startswith("/proof") and (value.endswith((" '", ".0", "True")) or value.upper() == value)


def refused(fan: Any, draw: Any) -> bool:
    """Errors other than AssertionError are those that the script calls a malformed file."""
    try:
        OUTSIDERS.verify_fan(fan, draw)
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError):
        return True
    return False
