"""Wiring: which adapter fills which port. The only place that names adapters.

``application`` opens the adapters that the settings name, and closes them again. HTTP, worker and CLI all drive
the same frozen ``Application``. The scheme of a URL picks the adapter, in the tables beside this: a new adapter is
a module and a line.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.drawing.engine import ProcessDrawEngine
from adapters.files.objects import SingleFile
from adapters.numbering.parser import LibPhoneNumbers
from adapters.system.clock import SystemClock
from adapters.tokens.jwt import JwtConfirmationTokens
from entrypoints.application import Application, assemble
from entrypoints.application.needs import CheckedObjectStore, Neighbours
from entrypoints.bootstrap import tables
from entrypoints.bootstrap.files import check_kafka_files
from entrypoints.bootstrap.keys import confirmation_key
from entrypoints.bootstrap.tables import Factory, Port, queue_name, scheme_of
from entrypoints.config.settings import PREFIX, ConfigurationError, Settings
from entrypoints.config.stream_urls import open_plugin
from entrypoints.telemetry.instrumented_ports import CountedSms, InstrumentedStream
from entrypoints.telemetry.instrumented_use_cases import CountedConfirmPhone
from entrypoints.telemetry.metrics import Metrics
from entrypoints.telemetry.tracing import Tracer
from ports.drawing import DrawEngine
from ports.system import Clock


def check(settings: Settings) -> None:
    """Raises ConfigurationError for a URL that cannot be used; opens nothing."""
    if not settings.in_memory:
        from adapters.mongo.urls import check_url

        try:
            check_url(settings.store)
        except ValueError as error:
            raise ConfigurationError(f"{PREFIX}STORE: {error}") from None
    if scheme_of(settings.stream) not in tables.STREAMS:
        try:
            open_plugin(settings.stream)
        except ValueError as error:
            raise ConfigurationError(f"{PREFIX}STREAM: {error}") from None
    check_kafka_files(settings)


def draw_engine() -> DrawEngine:
    """Computes draws, in processes of its own. What was left by processes that were killed is removed."""
    engine = ProcessDrawEngine()
    engine.remove_left()
    return engine


@asynccontextmanager
async def application(
    settings: Settings,
    *,
    clock: Clock | None = None,
    objects: CheckedObjectStore | None = None,
    metrics: Metrics | None = None,
    tracer: Tracer | None = None,
) -> AsyncIterator[Application]:
    """The application, for as long as the block lasts. Ports given as arguments replace the configured ones.

    It is counted in ``metrics``, and traced if there is a ``tracer``.

    Raises ConfigurationError for a URL that cannot be used.
    """
    check(settings)
    key = confirmation_key(settings)
    async with AsyncExitStack() as stack:
        if objects is None:
            objects = await _open(tables.OBJECT_STORES, settings.objects, settings, stack)
        stores = await _open(tables.STORES, settings.store, settings, stack)
        neighbours = await _open_neighbours(settings, key, stack)
        counted = metrics or Metrics()
        app = assemble(
            settings,
            stores=stores,
            neighbours=_instrumented(neighbours, scheme_of(settings.stream), counted, tracer),
            objects=objects,
            engine=draw_engine(),
            clock=clock or SystemClock(),
            confirmation_key=key,
        )
        yield _counted(app, counted)


def _instrumented(neighbours: Neighbours, stream: str, metrics: Metrics, tracer: Tracer | None) -> Neighbours:
    return replace(
        neighbours,
        sms=CountedSms(sms=neighbours.sms, metrics=metrics),
        stream=InstrumentedStream(stream=neighbours.stream, system=stream, metrics=metrics, tracer=tracer),
    )


def _counted(app: Application, metrics: Metrics) -> Application:
    confirm = CountedConfirmPhone(confirm_phone=app.phones.confirm, metrics=metrics)
    return replace(app, phones=replace(app.phones, confirm=confirm))


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done, and what is left to the operator."""

    built: list[str]
    advice: list[str]
    differing: list[str]
    """What an operator must mend: indexes before the store is ready, and shard keys."""


async def migrate(settings: Settings) -> Migrated:
    """Build the indexes and queues that are missing."""
    check(settings)
    migrated = Migrated([], [], []) if settings.in_memory else await _migrate_store(settings)
    if settings.queue.startswith("sqs:"):
        from adapters.sqs.provision import build_queues

        queues = await build_queues(
            queue_name(settings), attempts=settings.score_attempts, region=settings.aws_region
        )
        migrated.built.extend(f"queue {name}" for name in queues)
    return migrated


async def _migrate_store(settings: Settings) -> Migrated:
    from adapters.mongo.store import mongo_store

    has_key = bool(settings.confirmation_secret or settings.jwt_secret)
    forget_at = SystemClock().now() + 2 * settings.phone_block_ttl
    async with mongo_store(settings.store, digest_key=confirmation_key(settings)) as store:
        indexes = await store.migrate()
        phones = await store.adopt_phones()
        rekeyed = await store.phone_book.rekey(forget_at) if has_key else 0
    built = [f"index {name}" for name in indexes.built] + [f"expiry of index {name}" for name in indexes.extended]
    built += [f"shards of {name}" for name in indexes.sharded]
    built += [f"keys of {phones.entries} phones"] if phones.entries else []
    built += [f"ballots of {phones.ballots} registrations"] if phones.ballots else []
    built += [f"choices of {phones.choices} registrations"] if phones.choices else []
    built += [f"keyed digests of {rekeyed} numbers"] if rekeyed else []
    advice = [] if has_key else [_ADVICE_ON_KEY]
    advice += [_advice_on_doubles(phones.doubles)] if phones.doubles else []
    advice += [_advice_on_extra(indexes.extra)] if indexes.extra else []
    return Migrated(built, advice, [f"{PREFIX}STORE: {difference}" for difference in indexes.differing])


_ADVICE_ON_KEY = (
    f"set {PREFIX}CONFIRMATION_SECRET, as the service has it, and repeat: numbers that an earlier release counted "
    "are stored anew under keyed digests."
)


def _advice_on_doubles(entries: int) -> str:
    return (
        f"telephones that two fans of a campaign have confirmed, each in another spelling: {entries}. "
        "They stay as they are; docs/upgrade.md tells what to do."
    )


def _advice_on_extra(indexes: Sequence[str]) -> str:
    return f"indexes that Fangate does not need, and leaves alone: {', '.join(indexes)}."


def single_file(path: Path, on_read: Callable[[int], None]) -> CheckedObjectStore:
    """A local file as an object store. ``on_read`` is called with the number of bytes of each read."""
    return SingleFile(path, on_read)


async def _open(
    factories: Mapping[str, Factory[Port]], url: str, settings: Settings, stack: AsyncExitStack
) -> Port:
    made = factories[scheme_of(url)](settings)
    return await stack.enter_async_context(made) if isinstance(made, AbstractAsyncContextManager) else made


async def _open_neighbours(settings: Settings, key: bytes, stack: AsyncExitStack) -> Neighbours:
    return Neighbours(
        campaigns=await _open(tables.CAMPAIGNS, settings.campaigns, settings, stack),
        users=await _open(tables.USERS, settings.users, settings, stack),
        fanscore=await _open(tables.FANSCORES, settings.fanscore, settings, stack),
        fraud=await _open(tables.FRAUD_DETECTIONS, settings.fraud, settings, stack),
        sms=await _open(tables.SMS, settings.sms, settings, stack),
        phone_numbers=LibPhoneNumbers(),
        tokens=JwtConfirmationTokens(key),
        stream=await _open(tables.streams(settings), settings.stream, settings, stack),
        queue=await _open(tables.QUEUES, settings.queue, settings, stack),
        receipts=await _open(tables.RECEIPTS, settings.receipts, settings, stack),
        live_updates=await _open(tables.LIVE_UPDATES, settings.realtime, settings, stack),
        beacon=await _open(tables.BEACONS, settings.beacon, settings, stack),
    )
