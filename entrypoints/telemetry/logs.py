"""Structured logs: one JSON object a line, on standard error.

Event names are constants. Phones, codes and tokens never appear. Tracebacks have the places in the code and the
types of exceptions, but no messages and no local values, because those may hold phones, codes or tokens.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, Final

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from entrypoints.telemetry import traceparent as w3c
from ports.system import current_request

FRAMES: Final = 30
"""Enough to reach from inside a driver up to Fangate's code."""

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_encoder: Final = msgspec.json.Encoder(enc_hook=repr)


def configure_logs(level: str) -> None:
    out = Lines(sys.stderr.buffer)
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: out,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_LibraryLogs()], level=max(_LEVELS[level], logging.WARNING), force=True)


def configure_command_logs(level: str) -> None:
    """For commands that print a result of their own: without lines of the level info."""
    configure_logs("warning" if level == "info" else level)


class Lines:
    """Writes the lines of one turn of the event loop together: each write is a system call, and every request has
    a line. Without an event loop each line is written at once."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._turn: asyncio.AbstractEventLoop | None = None
        """The next turn of this loop writes the waiting lines."""

    def msg(self, line: bytes) -> None:
        with self._lock:
            self._waiting.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
        else:
            if self._turn is not loop:
                self._turn = loop
                loop.call_soon(self._write)

    def _write(self) -> None:
        with self._lock:
            self._turn = None
            self._out.write(b"".join(line + b"\n" for line in self._waiting))
            self._out.flush()
            self._waiting.clear()

    debug = info = warning = error = critical = msg


def log_together(event: str, lines: Sequence[Mapping[str, object]]) -> None:
    """Lines of the level info that are written at the same time, about requests that they name themselves."""
    if lines and structlog.get_logger().is_enabled_for(logging.INFO):
        common: dict[str, object] = {"event": event, "level": "info", "time": datetime.now(UTC)}
        out = structlog.get_config()["logger_factory"]()
        out.msg(_encoder.encode_lines([{**line, **common} for line in lines])[:-1])


class _LibraryLogs(logging.Handler):
    """Lines of libraries, in the same form. Their arguments are left out, because they may hold personal data."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = str(record.msg).strip().splitlines()
        structlog.get_logger().log(
            record.levelno,
            "library.logged",
            logger=record.name,
            message=lines[0] if lines else "",
            exc_info=record.exc_info[1] if record.exc_info else None,
        )


def _line(_: WrappedLogger, level: str, event: EventDict) -> bytes:
    """All in one step: a chain of processors would take twice as long."""
    event["level"] = level
    event["time"] = datetime.now(UTC)
    _name_request(event)
    if "exc_info" in event:
        _bare_traceback(event)
    return _encoder.encode(event)


def _name_request(event: EventDict) -> None:
    """Every line of a request has its id, and the id of its trace."""
    request = current_request()
    if request.request_id is not None:
        event.setdefault("request_id", request.request_id)
    if request.traceparent is not None:
        event.setdefault("trace_id", w3c.trace_id(request.traceparent))


def _bare_traceback(event: EventDict) -> None:
    error = event.pop("exc_info")
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ][-FRAMES:]
