"""What the check reads: the README's commands, the tokens that they make, log lines, events, exit statuses.

Nothing here starts a container, so test_reading.py tests it everywhere.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

HEADING: Final = "\n## With Docker Compose\n"
IN_ORDER: Final = frozenset({0, 143})
"""The exit statuses of a container that SIGTERM ended: after an orderly stop, and while it was still starting."""
OLDEST_MAJOR: Final = 2
ANSWERS_WHILE_STOPPING: Final = frozenset({200, 503})


class CheckFailedError(Exception):
    """The check cannot go on. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the commands of the README leave in the shell."""

    secret: str = field(repr=False)
    staff: str = field(repr=False)
    fan: str = field(repr=False)


def commands(readme: str) -> tuple[str, str, str]:
    """The README's blocks: the start, the look at the log, and the events in Kafka."""
    section = readme.partition(HEADING)[2].partition("\n## ")[0]
    start, log, events = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return start, log, events


def script(start: str) -> str:
    """The first block for bash, followed by the lines that ``session`` reads."""
    return f'set -euo pipefail\n{start}printf "%s\\n" "$FANGATE_JWT_SECRET" "$staff" "$fan"\n'


def session(printed: str) -> Session:
    lines = printed.split()
    if len(lines) < 3:
        raise CheckFailedError(f"the README's first block made no tokens; it printed {len(lines)} words")
    secret, staff, fan = lines[-3:]
    return Session(secret=secret, staff=staff, fan=fan)


def is_compose_2(version: str) -> bool:
    """``docker compose version --short`` prints 2.29.7, or v2.29.7."""
    found = re.match(r"v?(\d+)\.", version.strip())
    return found is not None and int(found[1]) >= OLDEST_MAJOR


def code_in(log: str) -> str:
    """The newest one-time code in the lines that the README greps."""
    codes: list[str] = re.findall(r'"body": *"(\d{6}) is your code', log)
    if not codes:
        raise CheckFailedError("no one-time code is in the service's log")
    return codes[-1]


def event_types(printed: str, subject: str) -> list[str]:
    """The types of this subject's events, in the order of the topic. The consumer prints other lines as well."""
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    events: Iterable[Mapping[str, Any]] = map(json.loads, lines)
    return [str(event["type"]) for event in events if event["subject"] == subject]


def faults_of_stop(name: str, *, status: int, seconds: float, grace: float) -> list[str]:
    """What is wrong with the way in which a container stopped."""
    found = [] if status in IN_ORDER else [f"{name} ended with {status}"]
    return found + ([] if seconds < grace else [f"{name} took {seconds:.0f} s to stop; Docker killed it"])


def faults_of_load(answers: Iterable[int], *, held_before: int, held_after: int) -> list[str]:
    """What is wrong with the answers of a service that was stopped under load, 0 being a connection that broke.

    A reservation on a connection that broke may have been stored or not. One that was answered 200 must be stored.
    """
    seen = list(answers)
    wrong = sorted(set(seen) - ANSWERS_WHILE_STOPPING - {0})
    lost = held_before + seen.count(200) - held_after
    found = [f"answered {status} while it stopped" for status in wrong]
    found += ["no reservation was answered before the stop"] if 200 not in seen else []
    return found + ([f"{lost} reservations were answered and are not stored"] if lost > 0 else [])
