"""What is wrong in the work behind the service, in words, and what to do about it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from entrypoints.console.text import say, text
from entrypoints.http.background import OperationsBody

LATE_SECONDS: Final = 60.0
"""Events usually wait for less than a second."""


class Attention(NamedTuple):
    sentence: str
    advice: str


def attention(found: OperationsBody) -> Iterator[Attention]:
    """The worst first."""
    if not found.workers:
        yield Attention(
            say(text("No worker runs: nothing is published, mailed or retried.")),
            say(text("Nothing is lost. Tell the operators to start a worker: it passes on all that waits.")),
        )
    if found.missing_indexes:
        yield Attention(
            say(text("Indexes are missing or differ. Tell the operators to run: fangate migrate.")),
            say(text("Until then searches are slow, and some rules are not guarded by the database.")),
        )
    yield from _messages(found)


def _messages(found: OperationsBody) -> Iterator[Attention]:
    outbox, queue = found.outbox, found.queue
    if outbox.oldest_age_seconds > LATE_SECONDS:
        yield Attention(
            say(
                text("Events of {entries} registrations wait to be published, the oldest for {seconds} seconds."),
                entries=outbox.waiting_entries,
                seconds=round(outbox.oldest_age_seconds),
            ),
            say(text("Nothing is lost. If the time goes on growing, the stream is down or workers are missing.")),
        )
    if outbox.parked:
        yield Attention(
            say(text("{parked} messages were refused too often and are parked."), parked=outbox.parked),
            say(text("Read their reasons, have the cause removed, then put them back. Later events went on.")),
        )
    if queue.dead_letters:
        yield Attention(
            say(text("{dead} scores were asked for in vain and are dead letters."), dead=queue.dead_letters),
            say(text("These fans have no account score. Operators can put the jobs back for two weeks.")),
        )
