"""The steps of the check. Each raises CheckFailedError with what is wrong."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from tests.compose import reading
from tests.compose.api import Api, upload
from tests.compose.docker import GRACE_SECONDS, Compose
from tests.compose.reading import CheckFailedError, Session
from tests.support.paths import ROOT

SUBJECT: Final = "tour/fan-1"
REGISTERED: Final = {"fangate.entry.created", "fangate.entry.phone_confirmed"}
CALLERS: Final = 8
CODES: Final = 20_000
PATIENCE_SECONDS: Final = 60.0
START: Final = ("up", "--wait")


def start(compose: Compose) -> Session:
    """The README's first block: start, upload, tokens."""
    block, _, _ = reading.commands((ROOT / "README.md").read_text())
    found = reading.session(compose.bash(reading.script(block), seconds=1_800))
    compose.secret = found.secret
    return found


def register(compose: Compose, fan: Api) -> None:
    """The code is read from the log by the README's second block, the events from Kafka by its third."""
    _, log, events = reading.commands((ROOT / "README.md").read_text())
    asked = {"phone": "(212) 555-0123", "markets": ["nyc", "bos"], "inviteCode": "VIP-1"}
    entry = fan.post("entries", asked)
    code = eventually(lambda: reading.code_in(compose.bash(log)))
    fan.post("entries/confirm", {"token": entry["confirmation"]["token"], "code": code})
    expect("the registration", fan.get("entries/me")["status"], "confirmed")
    eventually(lambda: published(compose.bash(events)))


def published(printed: str) -> None:
    missing = REGISTERED - set(reading.event_types(printed, SUBJECT))
    if missing:
        raise CheckFailedError(f"not in Kafka: {', '.join(sorted(missing))}")


def hand_out(staff: Api) -> None:
    imported = staff.post("codes", {"key": "codes/tour/tm/batch.csv"})
    expect("imported codes", imported["inserted"], 3)
    held = staff.post("reserve", {"type": "tm", "count": 2, "reserveId": "order-0001"})
    expect("reserved codes", len(held["codes"]), 2)


def restart(compose: Compose, staff: Api) -> None:
    """The emulator alone, then all: bucket and queues are there again, and the data too."""
    before = totals(staff)
    for services in (("aws",), ()):
        compose("restart", *services)
        compose(*START)
        migrated = compose("exec", "-T", "service", "fangate", "migrate").strip()
        expect("what migrate had to make", migrated, "nothing to do")
        upload("codes/tour/tm/again.csv", "AAA-1\n")
        expect("codes of a known file", staff.post("codes", {"key": "codes/tour/tm/again.csv"})["inserted"], 0)
        expect("codes after the restart", totals(staff), before)


def stop_under_load(compose: Compose, staff: Api) -> None:
    upload("codes/tour/tm/many.csv", "".join(f"M-{number}\n" for number in range(CODES)))
    staff.post("codes", {"key": "codes/tour/tm/many.csv"})
    before = totals(staff)["reserved"]
    answers: list[int] = []
    numbers, stopped = itertools.count(), threading.Event()

    def reserve() -> None:
        while not stopped.is_set():
            order = {"type": "tm", "count": 1, "reserveId": f"load-{next(numbers):06}"}
            answers.append(staff.status("reserve", order))

    with ThreadPoolExecutor(CALLERS) as callers:
        running = [callers.submit(reserve) for _ in range(CALLERS)]
        try:
            eventually(lambda: expect("an answer before the stop", 200 in answers, True))
            status, seconds = compose.stop("service")
        finally:
            stopped.set()
        for caller in running:
            caller.result()
    compose(*START)
    faults = reading.faults_of_stop("service under load", status=status, seconds=seconds, grace=GRACE_SECONDS)
    after = totals(staff)["reserved"]
    refuse(faults + reading.faults_of_load(answers, held_before=before, held_after=after))


def stop_early(compose: Compose) -> None:
    """Right after its start: process 1 must not ignore the signal."""
    for service in ("service", "worker"):
        compose.stop(service)
        compose.start_again(service)
        status, seconds = compose.stop(service)
        refuse(
            reading.faults_of_stop(f"{service} at its start", status=status, seconds=seconds, grace=GRACE_SECONDS)
        )
    compose(*START)


def down_and_up(compose: Compose, staff: Api, fan: Api) -> None:
    _, _, events = reading.commands((ROOT / "README.md").read_text())
    before = totals(staff)
    compose("down")
    compose(*START)
    expect("codes after down and up", totals(staff), before)
    expect("the registration after down and up", fan.get("entries/me")["status"], "confirmed")
    eventually(lambda: published(compose.bash(events)))


def totals(staff: Api) -> dict[str, int]:
    return dict(staff.get("codes/count")["total"])


def expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise CheckFailedError(f"{what}: {seen!r} instead of {wanted!r}")


def refuse(faults: list[str]) -> None:
    if faults:
        raise CheckFailedError("; ".join(faults))


def eventually(look: Callable[[], Any]) -> Any:
    """What ``look`` returns once it does not raise."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return look()
        except CheckFailedError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)
