"""What the application needs beside a store: the neighbours, and a place for files."""

from dataclasses import dataclass
from typing import Protocol

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
from ports.objects import ObjectStore, UploadStore
from ports.phones import ConfirmationTokens, PhoneNumbers
from ports.system import HealthCheck


class CheckedObjectStore(ObjectStore, UploadStore, HealthCheck, Protocol):
    """An object store to read from and to write to, with a health check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The other systems that Fangate asks or informs."""

    campaigns: Campaigns
    users: Users
    fanscore: FanscoreSource
    fraud: FraudDetection
    sms: Sms
    phone_numbers: PhoneNumbers
    tokens: ConfirmationTokens
    stream: EventStream
    queue: CountedQueue
    receipts: Receipts
    live_updates: LiveUpdates
    beacon: PublicBeacon
