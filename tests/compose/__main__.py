"""``make compose-check``: start docker-compose.yml and play the README's section "With Docker Compose".

It needs Docker with Compose v2, the images of the two files, and the ports 5000, 8000, 9092 and 27017. Where one
of them is missing, it says so and ends with 1. It works in a Compose project of its own and removes it with its
volumes.

It has run as a whole on stand-ins for the images. Its parts that need no container engine are tested
(test_reading.py).
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.compose import walk
from tests.compose.api import Api
from tests.compose.docker import Compose, copy_of_project, require_docker
from tests.compose.reading import CheckFailedError


def main() -> int:
    try:
        require_docker()
        with tempfile.TemporaryDirectory(prefix="fangate-check-") as folder:
            _play(Compose(folder=copy_of_project(Path(folder))))
    except CheckFailedError as error:
        print(f"compose-check: {error}", file=sys.stderr)
        return 1
    print("compose-check: all of it works")
    return 0


def _play(compose: Compose) -> None:
    try:
        session = walk.start(compose)
        staff, fan = Api(session.staff), Api(session.fan)
        _step("import and reserve", lambda: walk.hand_out(staff))
        _step("register, confirm, events in Kafka", lambda: walk.register(compose, fan))
        _step("restart of the emulator, and of all", lambda: walk.restart(compose, staff))
        _step("SIGTERM under load", lambda: walk.stop_under_load(compose, staff))
        _step("SIGTERM at the start", lambda: walk.stop_early(compose))
        _step("down and up keep the data", lambda: walk.down_and_up(compose, staff, fan))
    except CheckFailedError:
        print(compose.state(), file=sys.stderr)
        raise
    finally:
        compose.remove()


def _step(name: str, step: Callable[[], None]) -> None:
    print(f"compose-check: {name}", flush=True)
    step()


if __name__ == "__main__":
    sys.exit(main())
