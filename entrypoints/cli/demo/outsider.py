"""Last act: an outsider checks the draw with a program of their own. Also a fan's check of the own line."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from entrypoints.cli.demo.processes import FANGATE
from entrypoints.cli.demo.stage import Answer, DemoFailed, Stage
from entrypoints.config.settings import PREFIX

PROGRAM: Final = Path(__file__).parents[3] / "docs" / "verify_draw.py"
"""In a clone of the project. An installed package does not have it."""
AGREES: Final = "every step agrees"
IN_LIST: Final = "the line is in the list"


async def play(stage: Stage) -> None:
    stage.story.title("\nMonths later: was the draw fair?")
    await verify(stage, (await stage.get("draws"))["draws"][0])


async def verify(stage: Stage, draw: Answer) -> None:
    story = stage.story
    with story.step("An outsider downloads the draw, list.csv and results.csv, and computes all of it again"):
        announced = _stored(stage, "draw.json", json.dumps(draw).encode())
        list = await _downloaded(stage, draw, "list.csv")
        results = await _downloaded(stage, draw, "results.csv")
        code, verdict = await recompute(verifier(), announced, list, results, draw["randomness"])
        story.say(f"$ {_command_line()} draw.json list.csv results.csv --randomness {draw['randomness'][:8]}…")
        story.say(verdict)
        story.check(
            "the draw is right, also after a withdrawal and an erasure", code == 0 and verdict.startswith(AGREES)
        )
        changed = _stored(stage, "changed.csv", _first_fan_moved(results.read_bytes(), draw))
        code, verdict = await recompute(verifier(), announced, list, changed, draw["randomness"])
        story.say(f"With the market of one fan changed in results.csv: {verdict}")
        story.check("a changed result is found", code == 1 and "results: line 1" in verdict)


async def check_as_fan(stage: Stage, own: Sequence[Answer], draw: Answer) -> str:
    """What the program tells a fan who has these own lines. Nothing, where only the package is installed."""
    if not PROGRAM.exists():
        return ""
    proof = _stored(stage, "my-draws.json", json.dumps(own).encode())
    announced = _stored(stage, "draw.json", json.dumps(draw).encode())
    _, verdict = await _ended([sys.executable, "-I", str(PROGRAM), "fan", str(proof), str(announced)])
    return verdict


def verifier(program: Path = PROGRAM) -> Sequence[str]:
    """The outsider's program, or the package's own command where only the package is installed."""
    return (sys.executable, "-I", str(program)) if program.exists() else (str(FANGATE), "draws", "verify")


async def recompute(
    verifier: Sequence[str], draw: Path, list: Path, results: Path, randomness: str
) -> tuple[int, str]:
    """The exit status, and the verdict."""
    return await _ended([*verifier, *map(str, (draw, list, results)), "--randomness", randomness])


async def _ended(command: Sequence[str]) -> tuple[int, str]:
    """The exit status of the program, and what it said. It gets no settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).strip()


async def _downloaded(stage: Stage, draw: Answer, name: str) -> Path:
    path = f"draws/{draw['drawId']}/{name}"
    response = await stage.send("GET", path)
    if not response.is_success:
        raise DemoFailed(f"GET {path} was answered {response.status_code}: {response.text}")
    return _stored(stage, name, response.content)


def _stored(stage: Stage, name: str, content: bytes) -> Path:
    path = stage.folder / name
    path.write_bytes(content)
    return path


def _first_fan_moved(results: bytes, draw: Answer) -> bytes:
    """The results with another market on the first line."""
    first, _, others = results.partition(b"\n")
    ballot, _, market = first.partition(b",")
    other: str = next(one for one in draw["manifest"]["places"] if one.encode() != market)
    return ballot + b"," + other.encode() + b"\n" + others


def _command_line() -> str:
    return "python docs/verify_draw.py" if PROGRAM.exists() else "fangate draws verify"
