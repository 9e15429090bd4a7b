"""A chore of the worker that fails is tried again, and the others go on."""

import asyncio
import inspect
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import pymongo.errors
from structlog.testing import capture_logs

from entrypoints.application import Application
from entrypoints.bootstrap import application
from entrypoints.config.settings import Settings
from entrypoints.worker.loop import work
from entrypoints.worker.relay import relay

CHORES: Final = (
    "codes.sweep",
    "messaging.relay_events",
    "messaging.queue_score_retries",
    "messaging.send_receipts",
    "messaging.leases",
    "messaging.queue",
)
ERRORS: Final = (
    RuntimeError("broken"),
    KeyError("broken"),
    pymongo.errors.OperationFailure("broken", 43, {"errmsg": "broken"}),
    ExceptionGroup("broken", [ValueError("broken")]),
)
FAILURES: Final = 2
LASTING: Final = timedelta(seconds=1)
SETTINGS: Final = Settings(
    store="memory:",
    objects="memory:",
    fanscore="http://127.0.0.1:9",
    sweep_interval=timedelta(seconds=0.05),
    relay_lease=LASTING,
)


@dataclass(slots=True)
class Flaky:
    """A use case or a port that fails at every call, until ``failures`` are used up."""

    inner: Any
    error: Exception
    failures: int = 0
    answered: int = 0

    async def __call__(self, *arguments: Any) -> Any:
        return await self._ask(self.inner, *arguments)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.inner, name)
        if not inspect.iscoroutinefunction(member):
            return member

        async def ask(*arguments: Any, **named: Any) -> Any:
            return await self._ask(member, *arguments, **named)

        return ask

    async def _ask(self, member: Any, *arguments: Any, **named: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise self.error
        self.answered += 1
        return await member(*arguments, **named)


@dataclass(slots=True)
class Office:
    """The application with every chore watched, and one of them failing."""

    app: Application
    chores: dict[str, Flaky] = field(default_factory=dict)

    @classmethod
    def of(cls, app: Application, failing: str, error: Exception, failures: int = FAILURES) -> "Office":
        chores = {name: Flaky(_found(app, name), error) for name in CHORES}
        chores[failing].failures = failures
        for name, chore in chores.items():
            app = _replaced(app, name, chore)
        return cls(app, chores)

    @property
    def answered(self) -> Counter[str]:
        return Counter({name: chore.answered for name, chore in self.chores.items()})


def _found(app: Any, name: str) -> Any:
    for part in name.split("."):
        app = getattr(app, part)
    return app


def _replaced(app: Any, name: str, chore: Flaky) -> Any:
    first, _, rest = name.partition(".")
    return replace(app, **{first: _replaced(getattr(app, first), rest, chore) if rest else chore})


async def test_a_failure_ends_neither_its_chore_nor_the_others() -> None:
    """All at once, because a worker that stops waits for its last poll of the queue."""
    cases = [(failing, error) for failing in CHORES for error in ERRORS]

    with capture_logs():
        went_on = await asyncio.gather(*(goes_on(failing, error) for failing, error in cases))

    assert [case for case, done in zip(cases, went_on, strict=True) if not done] == []


async def goes_on(failing: str, error: Exception) -> bool:
    """After the failures, does each chore do its work again?"""
    async with application(SETTINGS) as app:
        office = Office.of(app, failing, error)
        stop = asyncio.Event()
        working = asyncio.create_task(work(office.app, SETTINGS, stop))
        try:
            async with asyncio.timeout(30):
                while office.chores[failing].failures and not working.done():
                    await asyncio.sleep(0.05)
                before = office.answered
                while not all(office.answered[name] > before[name] for name in CHORES) and not working.done():
                    await asyncio.sleep(0.05)
            return not working.done()
        finally:
            stop.set()
            await asyncio.wait([working])


async def test_it_ends_although_its_leases_always_fail() -> None:
    stop = asyncio.Event()
    async with application(Settings(store="memory:", objects="memory:")) as app:
        office = Office.of(app, "messaging.leases", ERRORS[0], failures=1_000)
        relaying = asyncio.create_task(relay(office.app, LASTING, stop))
        await asyncio.sleep(0.1)
        stop.set()

        async with asyncio.timeout(30):
            await relaying
