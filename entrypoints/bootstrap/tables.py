"""The adapters, by the port that they fill and the scheme that names them.

The adapters of MongoDB, AWS and Kafka are imported by their factories, when a setting names them. Their libraries
take most of a second to import, and few processes need all of them.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import structlog

from adapters.appsync.live_updates import NoLiveUpdates, in_background
from adapters.appsync.realtime import appsync_realtime
from adapters.drand.none import NoBeacon
from adapters.fanscore.source import NoFanscore, http_fanscore
from adapters.files.objects import FolderObjectStore
from adapters.memory.event_stream import MemoryEventStream
from adapters.memory.objects import MemoryObjectStore
from adapters.memory.queues import MemoryQueue
from adapters.memory.receipts import LogReceipts
from adapters.memory.store import MemoryStore
from adapters.nudetect.detection import NoFraudDetection, nudetect
from adapters.platform.cached import CachedCampaigns
from adapters.platform.files import FileCampaigns, FileUsers
from adapters.platform.http import http_campaigns, http_users
from adapters.sfmc.receipts import sfmc_receipts
from adapters.sms.log import LogSms
from adapters.sms.webhook import webhook_sms
from domain.model.errors import Unavailable
from entrypoints.application.needs import CheckedObjectStore
from entrypoints.bootstrap.keys import confirmation_key
from entrypoints.config.settings import PREFIX, Settings
from entrypoints.config.stream_urls import kinesis_name, open_plugin
from ports.events import EventStream
from ports.messaging import CountedQueue
from ports.neighbours import (
    Campaigns,
    FanscoreSource,
    FraudDetection,
    LiveUpdates,
    PublicBeacon,
    Receipts,
    Sms,
    Users,
)
from ports.stores import Stores
from ports.system import current_request

Port = TypeVar("Port")

log = structlog.get_logger()

Factory = Callable[[Settings], Port | AbstractAsyncContextManager[Port]]
"""It makes an adapter, or a context manager that opens and closes one."""


def scheme_of(url: str) -> str:
    return url.partition(":")[0]


def _path(url: str) -> Path:
    return Path(url.partition(":")[2])


def queue_name(settings: Settings) -> str:
    return settings.queue.partition(":")[2].strip("/")


def _bucket_name(settings: Settings) -> str:
    return settings.objects.partition(":")[2].strip("/")


@asynccontextmanager
async def _mongo(settings: Settings) -> AsyncIterator[Stores]:
    from adapters.mongo.store import mongo_store

    async with mongo_store(
        settings.store, request=current_request, digest_key=confirmation_key(settings)
    ) as mongo:
        try:
            await mongo.prepare()
        except (
            Unavailable
        ) as error:  # Start all the same: /readyz reports it, and prepares the store when it is back.
            log.info("store.not_prepared", variable=f"{PREFIX}STORE", reason=error.reason)
        yield mongo


def _s3(settings: Settings) -> AbstractAsyncContextManager[CheckedObjectStore]:
    from adapters.s3.objects import s3_object_store

    return s3_object_store(_bucket_name(settings), region=settings.aws_region)


def _sns(settings: Settings) -> AbstractAsyncContextManager[Sms]:
    from adapters.sms.sns import sns_sms

    return sns_sms(region=settings.aws_region)


def _sqs(settings: Settings) -> AbstractAsyncContextManager[CountedQueue]:
    from adapters.sqs.queue import sqs_queue

    return sqs_queue(queue_name(settings), attempts=settings.score_attempts, region=settings.aws_region)


def _kinesis(settings: Settings) -> AbstractAsyncContextManager[EventStream]:
    from adapters.kinesis.stream import kinesis_stream

    return kinesis_stream(kinesis_name(settings.stream), region=settings.aws_region)


def _kafka(settings: Settings) -> AbstractAsyncContextManager[EventStream]:
    from entrypoints.bootstrap.kafka import kafka

    return kafka(settings)


@asynccontextmanager
async def _cached_campaigns(settings: Settings) -> AsyncIterator[Campaigns]:
    async with http_campaigns(settings.campaigns) as campaigns:
        yield CachedCampaigns(campaigns)


def _sfmc(settings: Settings) -> AbstractAsyncContextManager[Receipts]:
    return sfmc_receipts(
        settings.receipts,
        auth_url=settings.sfmc_auth_url,
        client_id=settings.sfmc_client_id,
        client_secret=settings.sfmc_client_secret.get_secret_value(),
        definition_key=settings.sfmc_definition_key,
    )


@asynccontextmanager
async def _appsync(settings: Settings) -> AsyncIterator[LiveUpdates]:
    key = settings.appsync_api_key.get_secret_value()
    async with appsync_realtime(settings.realtime, api_key=key) as realtime, in_background(realtime) as updates:
        yield updates


def _drand(settings: Settings) -> AbstractAsyncContextManager[PublicBeacon]:
    from adapters.drand.beacon import drand_beacon

    return drand_beacon(settings.beacon)


def _plugin(settings: Settings) -> AbstractAsyncContextManager[EventStream]:
    return open_plugin(settings.stream)


STORES: Mapping[str, Factory[Stores]] = {
    "memory": lambda _: MemoryStore(request=current_request),
    "mongodb": _mongo,
    "mongodb+srv": _mongo,
}
OBJECT_STORES: Mapping[str, Factory[CheckedObjectStore]] = {
    "file": lambda settings: FolderObjectStore(_path(settings.objects)),
    "memory": lambda _: MemoryObjectStore(),
    "s3": _s3,
}
CAMPAIGNS: Mapping[str, Factory[Campaigns]] = {
    "file": lambda settings: FileCampaigns(_path(settings.campaigns)),
    "http": _cached_campaigns,
    "https": _cached_campaigns,
}
USERS: Mapping[str, Factory[Users]] = {
    "file": lambda settings: FileUsers(_path(settings.users)),
    "http": lambda settings: http_users(settings.users),
    "https": lambda settings: http_users(settings.users),
}
FANSCORES: Mapping[str, Factory[FanscoreSource]] = {
    "none": lambda _: NoFanscore(),
    "http": lambda settings: http_fanscore(settings.fanscore),
    "https": lambda settings: http_fanscore(settings.fanscore),
}
BEACONS: Mapping[str, Factory[PublicBeacon]] = {
    "none": lambda _: NoBeacon(),
    "http": _drand,
    "https": _drand,
}
FRAUD_DETECTIONS: Mapping[str, Factory[FraudDetection]] = {
    "none": lambda _: NoFraudDetection(),
    "http": lambda settings: nudetect(settings.fraud),
    "https": lambda settings: nudetect(settings.fraud),
}
SMS: Mapping[str, Factory[Sms]] = {
    "log": lambda _: LogSms(),
    "sns": _sns,
    "http": lambda settings: webhook_sms(settings.sms),
    "https": lambda settings: webhook_sms(settings.sms),
}
QUEUES: Mapping[str, Factory[CountedQueue]] = {
    "memory": lambda settings: MemoryQueue(attempts=settings.score_attempts),
    "sqs": _sqs,
}
RECEIPTS: Mapping[str, Factory[Receipts]] = {"log": lambda _: LogReceipts(), "http": _sfmc, "https": _sfmc}
LIVE_UPDATES: Mapping[str, Factory[LiveUpdates]] = {
    "none": lambda _: NoLiveUpdates(),
    "http": _appsync,
    "https": _appsync,
}
STREAMS: Mapping[str, Factory[EventStream]] = {
    "memory": lambda _: MemoryEventStream(),
    "kinesis": _kinesis,
    "kafka": _kafka,
    "kafka+ssl": _kafka,
}


def streams(settings: Settings) -> Mapping[str, Factory[EventStream]]:
    """Those of Fangate, and the plugin that the settings name, if any."""
    return {scheme_of(settings.stream): _plugin, **STREAMS}
