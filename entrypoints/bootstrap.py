"""Wiring: which adapter fills which port. The only place that names adapters.

``application`` opens what the settings ask for, and closes it again; HTTP, worker and CLI all drive the same
frozen ``Application``. A URL's scheme picks the adapter in the tables below: a new one is a module and a line.
"""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from adapters.appsync.realtime import appsync_realtime
from adapters.fanscore.source import NoFanscore, http_fanscore
from adapters.files.objects import FolderObjectStore, SingleFile
from adapters.kafka.stream import kafka_stream
from adapters.kinesis.stream import kinesis_stream
from adapters.memory.codes import MemoryCodeStore, MemoryImportLog
from adapters.memory.delivery import LogReceipts, MemoryEventStream, NoRealtime
from adapters.memory.entries import MemoryEntryStore
from adapters.memory.entry_queries import MemoryEntryQueries
from adapters.memory.leases import MemoryLeases
from adapters.memory.limits import MemoryRateLimits
from adapters.memory.objects import MemoryObjectStore
from adapters.memory.outbox import MemoryOutbox
from adapters.memory.phones import MemoryPhoneBook
from adapters.memory.queues import MemoryQueue
from adapters.mongo.store import MongoStore, check_url, mongo_store
from adapters.nudetect.detection import NoFraudDetection, nudetect
from adapters.numbering.parser import LibPhoneNumbers
from adapters.platform.cached import CachedCampaigns
from adapters.platform.files import FileCampaigns, FileUsers
from adapters.platform.http import http_campaigns, http_users
from adapters.s3.objects import s3_object_store
from adapters.sfmc.receipts import sfmc_receipts
from adapters.sms.log import LogSms
from adapters.sms.sns import sns_sms
from adapters.sms.webhook import webhook_sms
from adapters.sqs.provision import build_queues
from adapters.sqs.queue import sqs_queue
from adapters.system.clock import SystemClock
from adapters.tokens.jwt import JwtConfirmationTokens
from domain.model.errors import Unavailable
from entrypoints.application import Application, CheckedObjectStore, Neighbours, Stores, assemble
from entrypoints.instrument import Tracer
from entrypoints.metrics import Metrics
from entrypoints.observed import CountedEntries, CountedSms, ObservedStream
from entrypoints.origin import current_origin
from entrypoints.settings import PREFIX, ConfigurationError, Settings
from entrypoints.streams import kafka_address, kinesis_name, open_plugin
from ports.campaigns import Campaigns
from ports.clock import Clock
from ports.events import EventStream
from ports.fanscore import FanscoreSource
from ports.fraud import FraudDetection
from ports.queues import CountedQueue
from ports.realtime import Realtime
from ports.receipts import Receipts
from ports.sms import Sms
from ports.users import Users

Port = TypeVar("Port")
Factory = Callable[[Settings, AsyncExitStack], Awaitable[Port]]


def check(settings: Settings) -> None:
    """Raises ConfigurationError for a URL that cannot be used; opens nothing."""
    if not settings.in_memory:
        try:
            check_url(settings.store)
        except ValueError as error:
            raise ConfigurationError(f"{PREFIX}STORE: {error}") from None
    if _scheme(settings.stream) not in STREAMS:
        try:
            open_plugin(settings.stream)
        except ValueError as error:
            raise ConfigurationError(f"{PREFIX}STREAM: {error}") from None


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

    What it does is counted in ``metrics``, and traced where there is a ``tracer``.

    Raises ConfigurationError for a URL that cannot be used.
    """
    check(settings)
    key = _confirmation_key(settings)
    async with AsyncExitStack() as stack:
        if objects is None:
            objects = await _open(OBJECT_STORES, settings.objects, settings, stack)
        stores = await _open(STORES, settings.store, settings, stack)
        neighbours = await _open_neighbours(settings, key, stack)
        counted = metrics or Metrics()
        yield assemble(
            settings,
            stores=replace(stores, entries=CountedEntries(entries=stores.entries, metrics=counted)),
            neighbours=_observed(neighbours, _scheme(settings.stream), counted, tracer),
            objects=objects,
            clock=clock or SystemClock(),
            confirmation_key=key,
        )


def _observed(neighbours: Neighbours, stream: str, metrics: Metrics, tracer: Tracer | None) -> Neighbours:
    return replace(
        neighbours,
        sms=CountedSms(sms=neighbours.sms, metrics=metrics),
        stream=ObservedStream(stream=neighbours.stream, system=stream, metrics=metrics, tracer=tracer),
    )


async def migrate(settings: Settings) -> list[str]:
    """Build what the store and the queue need and do not have yet; what was built, in words for the operator."""
    check(settings)
    built = []
    if not settings.in_memory:
        async with mongo_store(settings.store) as store:
            built = [f"index {name}" for name in await store.migrate()]
    if settings.queue.startswith("sqs:"):
        queues = await build_queues(
            _queue_name(settings), attempts=settings.score_attempts, region=settings.aws_region
        )
        built += [f"queue {name}" for name in queues]
    return built


def single_file(path: Path, on_read: Callable[[int], None]) -> CheckedObjectStore:
    """One file of this machine as an object store; ``on_read`` hears how many bytes were read each time."""
    return SingleFile(path, on_read)


async def _open(
    factories: Mapping[str, Factory[Port]], url: str, settings: Settings, stack: AsyncExitStack
) -> Port:
    return await factories[_scheme(url)](settings, stack)


def _scheme(url: str) -> str:
    return url.partition(":")[0]


def _path(url: str) -> Path:
    return Path(url.partition(":")[2])


def _queue_name(settings: Settings) -> str:
    return settings.queue.partition(":")[2].strip("/")


def _confirmation_key(settings: Settings) -> bytes:
    """What codes are hashed and confirmation tokens signed with; never the key of access tokens itself."""
    secret = settings.confirmation_secret or settings.jwt_secret
    if secret is None:
        return secrets.token_bytes(32)
    return hmac.digest(secret.get_secret_value().encode(), b"fangate confirmations", hashlib.sha256)


async def _memory(_: Settings, __: AsyncExitStack) -> Stores:
    codes, entries = MemoryCodeStore(), MemoryEntryStore(origin=current_origin)
    return Stores(
        pool=codes,
        catalogue=codes,
        imports=MemoryImportLog(),
        entries=entries,
        entry_queries=MemoryEntryQueries(entries),
        scores=entries,
        phone_book=MemoryPhoneBook(),
        limits=MemoryRateLimits(),
        outbox=MemoryOutbox(entries),
        leases=MemoryLeases(),
        health=codes,
    )


async def _mongo(settings: Settings, stack: AsyncExitStack) -> Stores:
    mongo: MongoStore = await stack.enter_async_context(mongo_store(settings.store, origin=current_origin))
    with suppress(Unavailable):  # Start all the same: /readyz tells, and it is prepared when it is back.
        await mongo.prepare()
    return Stores(
        pool=mongo.pool,
        catalogue=mongo.catalogue,
        imports=mongo.imports,
        entries=mongo.entries,
        entry_queries=mongo.entry_queries,
        scores=mongo.scores,
        phone_book=mongo.phone_book,
        limits=mongo.limits,
        outbox=mongo.outbox,
        leases=mongo.leases,
        health=mongo,
    )


async def _memory_objects(_: Settings, __: AsyncExitStack) -> CheckedObjectStore:
    return MemoryObjectStore()


async def _folder(settings: Settings, _: AsyncExitStack) -> CheckedObjectStore:
    return FolderObjectStore(_path(settings.objects))


async def _bucket(settings: Settings, stack: AsyncExitStack) -> CheckedObjectStore:
    name = settings.objects.partition(":")[2].strip("/")
    return await stack.enter_async_context(s3_object_store(name, region=settings.aws_region))


async def _file_campaigns(settings: Settings, _: AsyncExitStack) -> Campaigns:
    return FileCampaigns(_path(settings.campaigns))


async def _http_campaigns(settings: Settings, stack: AsyncExitStack) -> Campaigns:
    return CachedCampaigns(await stack.enter_async_context(http_campaigns(settings.campaigns)))


async def _file_users(settings: Settings, _: AsyncExitStack) -> Users:
    return FileUsers(_path(settings.users))


async def _http_users(settings: Settings, stack: AsyncExitStack) -> Users:
    return await stack.enter_async_context(http_users(settings.users))


async def _no_fanscore(_: Settings, __: AsyncExitStack) -> FanscoreSource:
    return NoFanscore()


async def _http_fanscore(settings: Settings, stack: AsyncExitStack) -> FanscoreSource:
    return await stack.enter_async_context(http_fanscore(settings.fanscore))


async def _no_fraud_detection(_: Settings, __: AsyncExitStack) -> FraudDetection:
    return NoFraudDetection()


async def _nudetect(settings: Settings, stack: AsyncExitStack) -> FraudDetection:
    return await stack.enter_async_context(nudetect(settings.fraud))


async def _log_sms(_: Settings, __: AsyncExitStack) -> Sms:
    return LogSms()


async def _sns_sms(settings: Settings, stack: AsyncExitStack) -> Sms:
    return await stack.enter_async_context(sns_sms(region=settings.aws_region))


async def _webhook_sms(settings: Settings, stack: AsyncExitStack) -> Sms:
    return await stack.enter_async_context(webhook_sms(settings.sms))


async def _memory_queue(settings: Settings, _: AsyncExitStack) -> CountedQueue:
    return MemoryQueue(attempts=settings.score_attempts)


async def _sqs_queue(settings: Settings, stack: AsyncExitStack) -> CountedQueue:
    return await stack.enter_async_context(sqs_queue(_queue_name(settings), region=settings.aws_region))


async def _memory_stream(_: Settings, __: AsyncExitStack) -> EventStream:
    return MemoryEventStream()


async def _kinesis_stream(settings: Settings, stack: AsyncExitStack) -> EventStream:
    name = kinesis_name(settings.stream)
    return await stack.enter_async_context(kinesis_stream(name, region=settings.aws_region))


async def _kafka_stream(settings: Settings, stack: AsyncExitStack) -> EventStream:
    return await stack.enter_async_context(kafka_stream(*kafka_address(settings.stream)))


async def _plugin_stream(settings: Settings, stack: AsyncExitStack) -> EventStream:
    return await stack.enter_async_context(open_plugin(settings.stream))


async def _log_receipts(_: Settings, __: AsyncExitStack) -> Receipts:
    return LogReceipts()


async def _sfmc_receipts(settings: Settings, stack: AsyncExitStack) -> Receipts:
    receipts = sfmc_receipts(
        settings.receipts,
        auth_url=settings.sfmc_auth_url,
        client_id=settings.sfmc_client_id,
        client_secret=settings.sfmc_client_secret.get_secret_value(),
        definition_key=settings.sfmc_definition_key,
    )
    return await stack.enter_async_context(receipts)


async def _no_realtime(_: Settings, __: AsyncExitStack) -> Realtime:
    return NoRealtime()


async def _appsync(settings: Settings, stack: AsyncExitStack) -> Realtime:
    api_key = settings.appsync_api_key.get_secret_value()
    return await stack.enter_async_context(appsync_realtime(settings.realtime, api_key=api_key))


async def _open_neighbours(settings: Settings, key: bytes, stack: AsyncExitStack) -> Neighbours:
    return Neighbours(
        campaigns=await _open(CAMPAIGNS, settings.campaigns, settings, stack),
        users=await _open(USERS, settings.users, settings, stack),
        fanscore=await _open(FANSCORES, settings.fanscore, settings, stack),
        fraud=await _open(FRAUD_DETECTIONS, settings.fraud, settings, stack),
        sms=await _open(SMS, settings.sms, settings, stack),
        phone_numbers=LibPhoneNumbers(),
        tokens=JwtConfirmationTokens(key),
        stream=await STREAMS.get(_scheme(settings.stream), _plugin_stream)(settings, stack),
        queue=await _open(QUEUES, settings.queue, settings, stack),
        receipts=await _open(RECEIPTS, settings.receipts, settings, stack),
        realtime=await _open(REALTIMES, settings.realtime, settings, stack),
    )


STORES: Mapping[str, Factory[Stores]] = {"memory": _memory, "mongodb": _mongo, "mongodb+srv": _mongo}
OBJECT_STORES: Mapping[str, Factory[CheckedObjectStore]] = {
    "file": _folder,
    "memory": _memory_objects,
    "s3": _bucket,
}
CAMPAIGNS: Mapping[str, Factory[Campaigns]] = {
    "file": _file_campaigns,
    "http": _http_campaigns,
    "https": _http_campaigns,
}
USERS: Mapping[str, Factory[Users]] = {"file": _file_users, "http": _http_users, "https": _http_users}
FANSCORES: Mapping[str, Factory[FanscoreSource]] = {
    "none": _no_fanscore,
    "http": _http_fanscore,
    "https": _http_fanscore,
}
FRAUD_DETECTIONS: Mapping[str, Factory[FraudDetection]] = {
    "none": _no_fraud_detection,
    "http": _nudetect,
    "https": _nudetect,
}
SMS: Mapping[str, Factory[Sms]] = {
    "log": _log_sms,
    "sns": _sns_sms,
    "http": _webhook_sms,
    "https": _webhook_sms,
}
QUEUES: Mapping[str, Factory[CountedQueue]] = {"memory": _memory_queue, "sqs": _sqs_queue}
RECEIPTS: Mapping[str, Factory[Receipts]] = {"log": _log_receipts, "http": _sfmc_receipts, "https": _sfmc_receipts}
REALTIMES: Mapping[str, Factory[Realtime]] = {"none": _no_realtime, "http": _appsync, "https": _appsync}
STREAMS: Mapping[str, Factory[EventStream]] = {
    "memory": _memory_stream,
    "kinesis": _kinesis_stream,
    "kafka": _kafka_stream,
}
"""Any other scheme is a plugin's."""
