"""One connection: what its caller may send, how fast, and how many connections there may be.

A request with a refused head never reaches the application: the answer is sent here, in the same shape as others.
So is the answer to a request that finds its lane full, since a flood of them must cost little.
A request with a refused body is in the application already: `unread_body.Body` raises the refusal there.
"""

import asyncio
from enum import Enum, auto
from typing import Any, Final

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from entrypoints.http.response.problems import Problem, busy, head_too_large, malformed, overloaded, too_slow
from entrypoints.http.server.admission import CONNECTION_KEY, STATE_KEY, Admission
from entrypoints.http.server.deadline import Deadline
from entrypoints.http.server.middleware import new_request_id, request_id_in
from entrypoints.http.server.unread_body import refuse_body
from entrypoints.http.server.wire_limits import MAX_HEAD_BYTES, MAX_HEADERS, MAX_WAITING, Limits, RawAnswer

_OVERLOADED: Final = RawAnswer(overloaded(), closes=False)

log = structlog.get_logger()


class _Part(Enum):
    """The part of a request that comes next."""

    HEAD = auto()
    BODY = auto()


class Protocol(HttpToolsProtocol):
    def __init__(self, *args: Any, limits: Limits | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits = limits or Limits()
        self._deadline = Deadline(self.loop, self._too_late)
        self._part = _Part.HEAD
        self._begun = False
        """A head is being read."""
        self._continues = False
        """The head began in an earlier piece. One piece is never larger than the limit of a head."""
        self._in_head = False
        """The deadline of a head runs."""
        self._fruitless = 0
        """Bytes since the parser last finished a head or found a piece of a body. Where both are in one piece,
        their shares are unknown: a head that was sent ahead of an answer may be up to twice the limit."""
        self._progress = False
        """The parser did so in the piece that was fed last."""
        self._excess = False
        """There are too many connections: this one is answered, but not served."""
        self._refused = False
        self._last_words = b""
        """The answer to a refused head, as long as it has not been sent."""
        self._admission: Admission | None = self.app_state.get(STATE_KEY)
        self._shed = False
        """The request was answered here, because its lane is full; its body is dropped."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._in_head = True
        self._deadline.set(self._limits.head_seconds)
        if len(self.connections) > self._limits.connections:
            self._excess = True
            self.connections.discard(self)
            self._deadline.set(self._limits.linger_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._excess and not self._refused:
            self._refuse(busy())
        moved_on = False
        while data and not self._refused:
            room = MAX_HEAD_BYTES - self._fruitless
            if room <= 0:
                self._refuse(head_too_large())
                return
            self._feed(data[:room])
            moved_on |= self._progress
            data = data[room:]
        if not self._refused:
            self._watch(moved_on)

    def _feed(self, piece: bytes) -> None:
        self._progress, self._continues = False, self._begun
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self._unsupported_upgrade_warning()
        except httptools.HttpParserError as error:
            cause = error.__context__
            unreadable = malformed("this is not HTTP, or its target cannot be read")
            self._refuse(cause if isinstance(cause, Problem) else unreadable)
        self._fruitless = 0 if self._progress else self._fruitless + len(piece)

    def _watch(self, moved_on: bool) -> None:
        """Each byte of a body moves its deadline; those of a head do not. An idle connection has none."""
        self._in_head = self._in_head and not moved_on
        if self._part is _Part.BODY:
            self._deadline.set(self._limits.body_seconds)
        elif not self._fruitless and not self._begun:
            self._deadline.clear()
        elif not self._in_head:
            self._in_head = True
            self._deadline.set(self._limits.head_seconds)

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        self._begun = True
        super().on_message_begin()
        self.scope[CONNECTION_KEY] = self.transport  # type: ignore[typeddict-unknown-key]  # a key of ours

    def on_headers_complete(self) -> None:
        if len(self.headers) > MAX_HEADERS or (self._continues and self._head_bytes > MAX_HEAD_BYTES):
            raise head_too_large()
        if len(self.pipeline) >= MAX_WAITING:
            raise busy()
        self._shed = self._finds_lane_full()
        if self._shed:
            self.transport.write(_OVERLOADED.to(request_id_in(self.headers)))
        else:
            super().on_headers_complete()
        # The parser reports trailers as headers. The application must not read them as such.
        self.headers = []
        self._part, self._begun, self._progress = _Part.BODY, False, True

    def _finds_lane_full(self) -> bool:
        """Only of a simple request. The application itself refuses one behind others, or the last one."""
        simple = not (self._progress or self._answering or self.flow.write_paused or self.expect_100_continue)
        if self._admission is None or not simple or not self.parser.should_keep_alive():
            return False
        return self._admission.refuses(self.parser.get_method(), self.url)

    @property
    def _head_bytes(self) -> int:
        """At least so many: the parser does not report white space."""
        return len(self.url) + sum(len(name) + len(value) + 3 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._progress = True
        if not self._shed:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._part, self._progress = _Part.HEAD, True
        if self._shed:
            self._in_head = False
            self.on_response_complete()
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_head:
            self._unset_keepalive_if_required()  # It is not idle, and has a deadline of its own.
        if self._last_words and not self._answering:
            self._say_last_words()

    # Refusals

    def _too_late(self) -> None:
        if self._refused:
            self.transport.close()
        elif self._waits_for_us:
            self._deadline.set(self._limits.body_seconds)
        else:
            self._refuse(busy() if self._excess else too_slow())

    @property
    def _waits_for_us(self) -> bool:
        """The caller cannot send more before this side reads or answers."""
        in_app = self._part is _Part.BODY and not self._shed
        asks_first = in_app and self.cycle.waiting_for_100_continue
        return self.flow.read_paused or asks_first

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request.
        return cycle is not None and not cycle.response_complete

    def _refuse(self, problem: Problem) -> None:
        """From now on, read nothing more."""
        self._refused = True
        self._deadline.clear()
        log.warning("http.refused", code=problem.code)
        if self._part is _Part.HEAD:
            self._last_words = RawAnswer(problem, closes=True).to(new_request_id())
            if not self._answering:
                self._say_last_words()
        elif self._answering:
            self.cycle.keep_alive = False
            refuse_body(self.cycle.scope, problem)
            self.cycle.message_event.set()
        else:
            self._linger()

    def _say_last_words(self) -> None:
        """After the answers to earlier requests."""
        words, self._last_words = self._last_words, b""
        if not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.transport.write(words)
            self._linger()

    def _linger(self) -> None:
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline.set(self._limits.linger_seconds)
