"""Starts processes of ``fangate`` fast: it has imported all of Fangate once, and forks at each request.

It has also built the service once. What libraries import only then, and the compiled templates of the console, are
in each fork too.

A request is a line of JSON on its standard input, the answer is one on its standard output. It ends when its
input does; the processes that it started go on.

A forked process runs the console script, with its own arguments, environment, folder, files of output, signals
and, where asked for, session. What a fork hides: whether a module imports what it needs, how long imports take,
a signal meanwhile, what libraries read from the environment when they are imported, variables of the
interpreter, and how Python takes modules apart at the very end. Tests of these start commands (``forked=False``):
those of the start, the stop, the demo, the README.
"""

import atexit
import gc
import json
import os
import pkgutil
import runpy
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TextIO

import structlog
from pydantic import SecretStr

from entrypoints.config.settings import Settings
from entrypoints.service import service_app

PACKAGES: Final = ("domain", "ports", "adapters", "entrypoints")


def main() -> None:
    """Forks until the input ends. Each child returns from the loop, and runs below as if it had been started."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    os.close(nothing)
    _prepare()
    script = _serve(requests, answers)
    if script is not None:
        _run(script)


def _prepare() -> None:
    """Nothing of this may start a thread or change what a process has set for itself when it starts."""
    for name in PACKAGES:
        for module in pkgutil.walk_packages(import_module(name).__path__, f"{name}."):
            import_module(module.name)
    service_app(Settings(jwt_secret=SecretStr("of no service that runs, and long")))
    assert threading.active_count() == 1
    assert tempfile.tempdir is None
    assert not structlog.is_configured()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    gc.collect()
    gc.freeze()  # Or a child's first collection would copy all pages.


def _serve(requests: TextIO, answers: TextIO) -> str | None:
    """The script that this process, a child, is to run; None when the input has ended."""
    for line in requests:
        match json.loads(line):
            case {"poll": int(pid)}:
                ended, status = os.waitpid(pid, os.WNOHANG)
                answer = os.waitstatus_to_exitcode(status) if ended else None
            case request:
                if os.fork() == 0:
                    try:
                        _become(request)
                    finally:
                        _close(requests, answers, os.getpid())
                    return str(request["command"][0])
                continue
        print(json.dumps(answer), file=answers, flush=True)
    return None


def _close(requests: TextIO, answers: TextIO, pid: int) -> None:
    """The child itself answers, once its caller can send it signals."""
    with requests, answers:
        print(json.dumps(pid), file=answers)


def _run(script: str) -> None:
    """As Python runs a script, but for its very end: see ``_leave``."""
    ended: list[int] = []
    atexit.register(_leave, ended)
    try:
        runpy.run_path(script, run_name="__main__")
        ended.append(0)
    except SystemExit as end:
        ended.append(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise


def _leave(ended: Sequence[int]) -> None:
    """Threads have ended by now, and what the script wanted to do at the end is done. Python would now take all
    modules apart, and so copy the memory that is shared: that takes longer than most commands."""
    if ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended[0])


def _become(request: dict[str, Any]) -> None:
    if request["new_session"]:
        os.setsid()
    for number, path in ((1, request["stdout"]), (2, request["stderr"])):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)  # As Python does when it runs a script.


if __name__ == "__main__":
    main()
