"""Never twice: 64 tasks in two processes on one pool, some cut off half-way (REQ-003, REQ-005, REQ-007)."""

import asyncio
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from adapters.memory.objects import MemoryObjectStore
from domain.model.codes.inventory import CodeFilter, StatusCounts
from domain.model.ids import UserId
from domain.usecases.codes.begin_import import ImportCodesCommand
from entrypoints.application import Application
from entrypoints.bootstrap import application
from entrypoints.config.settings import Settings
from tests.support.paths import ROOT
from tests.system.codes.checker import Story, violations
from tests.system.codes.history import Outcome, Step, read
from tests.system.codes.storm import CAMPAIGN, Orders

PACKAGES: Final = ("domain", "ports", "adapters", "entrypoints", "tests")
COMPARE: Final = ' | {"version": code.version}'
POOL: Final = 300
PROCESSES: Final = 2
TASKS: Final = 32
STEPS: Final = 50
STEPS_OF_THE_BROKEN: Final = 10
TTL_SECONDS: Final = 1


async def test_no_code_is_ever_in_two_hands(database_url: str, tmp_path: Path) -> None:
    story, counts = await _weathered(database_url, tmp_path, ROOT, STEPS)
    told = Counter((step.verb, step.outcome) for step in story.steps)
    print(*sorted(told.items()), sep="\n")
    found = violations(story)
    assert not found, "\n".join(found)
    assert all(told[verb, Outcome.OK] for verb in ("reserve", "assign", "release", "sweep", "count"))
    assert all(told[verb, Outcome.INFO] for verb in ("reserve", "assign", "release"))
    assigned = sum(code.assigned_to is not None for code in story.codes.values())
    assert counts == StatusCounts(available=POOL - assigned, reserved=0, assigned=assigned)


async def test_without_its_compare_and_set_the_store_is_caught(database_url: str, tmp_path: Path) -> None:
    """The test above can fail: the same storm on a copy of the product that writes without comparing."""
    broken = tmp_path / "broken"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, broken / package)
    mapping = broken / "adapters" / "mongo" / "codes" / "mapping.py"
    source = mapping.read_text()
    assert source.count(COMPARE) == 1
    mapping.write_text(source.replace(COMPARE, ""))
    story, _ = await _weathered(database_url, tmp_path, broken, STEPS_OF_THE_BROKEN)
    found = violations(story)
    print(*found[:20], f"… {len(found)} in all", sep="\n")
    assert any(line.startswith("no_code_in_two_holds") for line in found)


async def _weathered(database_url: str, folder: Path, project: Path, steps: int) -> tuple[Story, StatusCounts]:
    """Import a pool, let the storm of ``project`` loose on it, and see what is left when every hold has lapsed."""
    file = "".join(f"CODE-{number:04}\n" for number in range(POOL)).encode()
    key = f"codes/{CAMPAIGN}/tm/pool.csv"
    settings = Settings(store=database_url, reservation_ttl=TTL_SECONDS)
    async with application(settings, objects=MemoryObjectStore({key: file})) as app:
        staff = ImportCodesCommand(campaign_id=CAMPAIGN, key=key, by=UserId("staff"))
        await app.codes.run_import(await app.codes.begin_import(staff))
        done = await asyncio.to_thread(_storm, database_url, folder, project, steps)
        while (await app.codes.count(CAMPAIGN)).total.reserved:
            await asyncio.sleep(0.1)
        await app.codes.sweep()
        return await _story(app, done), (await app.codes.count(CAMPAIGN)).total


async def _story(app: Application, steps: list[Step]) -> Story:
    codes = {}
    async for page in app.codes.export(CAMPAIGN, CodeFilter()):
        for code in page.codes:
            codes[code.text] = (await app.codes.history(CAMPAIGN, code.text)).code
    return Story(steps=steps, codes=codes, imported=POOL)


def _storm(database_url: str, folder: Path, project: Path, steps: int) -> list[Step]:
    """All processes begin together; what each wrote down."""
    histories = [folder / f"history-{process}.jsonl" for process in range(PROCESSES)]
    with ExitStack() as stack:
        storms = []
        for process, history in enumerate(histories):
            orders = Orders(
                store=database_url,
                reservation_ttl=str(TTL_SECONDS),
                process=process,
                tasks=TASKS,
                steps=steps,
                history=str(history),
            )
            storms.append(stack.enter_context(_process(orders, project)))
            stack.callback(storms[-1].kill)
        for storm in storms:
            assert storm.stdout is not None
            assert storm.stdout.readline() == "ready\n"
        for storm in storms:
            assert storm.stdin is not None
            storm.stdin.write("go\n")
            storm.stdin.flush()
        assert [storm.wait(timeout=120) for storm in storms] == [0] * PROCESSES
    return read(histories)


def _process(orders: Orders, project: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.system.codes.storm", orders.as_argument()],
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
