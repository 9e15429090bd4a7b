"""A Kafka of three brokers on this machine that can be told to fail: librdkafka's mock cluster.

It comes inside the confluent-kafka wheel and is reached through ctypes. It lives in threads of this process that
hold no Python lock, and speaks Kafka's protocol over TCP, to any process. Each partition keeps its last 5 MiB.
"""

import ctypes
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final

WHEEL: Final = "confluent-kafka"
BROKERS: Final = (1, 2, 3)
PARTITIONS: Final = 12
_PRODUCER: Final = 0
_ERROR_TEXT_BYTES: Final = 512


class Api(IntEnum):
    """The requests a test may want to see fail."""

    PRODUCE = 0
    METADATA = 3
    INIT_PRODUCER_ID = 22


class Failure(IntEnum):
    """How; the numbers are Kafka's own, and negative ones librdkafka's."""

    HANG_UP = -195
    NONE = 0
    UNKNOWN_TOPIC = 3
    LEADER_NOT_AVAILABLE = 5
    NOT_LEADER = 6
    TIMED_OUT = 7
    MESSAGE_TOO_LARGE = 10
    NOT_ENOUGH_REPLICAS = 19
    NOT_ENOUGH_REPLICAS_AFTER_APPEND = 20
    OUT_OF_ORDER_SEQUENCE = 45
    INVALID_PRODUCER_EPOCH = 47
    UNKNOWN_PRODUCER_ID = 59


def packaged_kafka() -> Path | None:
    """librdkafka; None where the wheel is not installed or brings none."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    names = (file for file in files if file.name.startswith("librdkafka") and ".libs" in str(file))
    return next((Path(str(file.locate())) for file in names), None)


@cache
def _library(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    library.rd_kafka_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_get_requests.restype = ctypes.c_void_p
    library.rd_kafka_mock_request_api_key.restype = ctypes.c_int16
    return library


class MockCluster:
    """Three brokers; every topic is on all of them."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        error = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
        conf = ctypes.c_void_p(library.rd_kafka_conf_new())
        library.rd_kafka_conf_set(conf, b"log_level", b"0", error, ctypes.c_size_t(len(error)))
        self._client = ctypes.c_void_p(library.rd_kafka_new(_PRODUCER, conf, error, ctypes.c_size_t(len(error))))
        if self._client.value is None:
            raise RuntimeError(f"no client for the mock cluster: {error.value.decode()}")
        self._cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(self._client, len(BROKERS)))
        if self._cluster.value is None:
            raise RuntimeError("no mock cluster")

    @property
    def servers(self) -> str:
        """host:port[,host:port]…"""
        servers: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return servers.decode()

    def create_topic(self, name: str, partitions: int = PARTITIONS) -> None:
        self._told("topic_create", name.encode(), partitions, len(BROKERS))

    def fail_next(self, api: Api, failures: Sequence[Failure]) -> None:
        """The next requests of this kind, whoever gets them; NONE lets one through."""
        codes = (ctypes.c_int * len(failures))(*failures)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, ctypes.c_int16(api), ctypes.c_size_t(len(failures)), codes
        )

    def dawdle(self, milliseconds: int) -> None:
        """From now on all do at once as they are asked, and answer so much later: perhaps when nobody waits."""
        for broker in BROKERS:
            self._told("broker_set_rtt", broker, milliseconds)

    @contextmanager
    def counting(self) -> Iterator[Callable[[Api], int]]:
        """Tells how many requests of a kind have come since the block was entered."""
        self._library.rd_kafka_mock_start_request_tracking(self._cluster)
        self._library.rd_kafka_mock_clear_requests(self._cluster)
        try:
            yield self._count
        finally:
            self._library.rd_kafka_mock_stop_request_tracking(self._cluster)

    def _count(self, api: Api) -> int:
        count = ctypes.c_size_t()
        requests = ctypes.cast(
            self._library.rd_kafka_mock_get_requests(self._cluster, ctypes.byref(count)),
            ctypes.POINTER(ctypes.c_void_p),
        )
        key_of = self._library.rd_kafka_mock_request_api_key
        keys: list[int] = [key_of(ctypes.c_void_p(requests[place])) for place in range(count.value)]
        self._library.rd_kafka_mock_request_destroy_array(requests, count)
        return keys.count(api)

    def heal(self) -> None:
        """All brokers up and prompt, nothing fails any more."""
        self.dawdle(0)
        for broker in BROKERS:
            self.set_up(broker)
        for api in Api:
            self._library.rd_kafka_mock_clear_request_errors(self._cluster, ctypes.c_int16(api))

    def set_down(self, *brokers: int) -> None:
        """They hang up, and take no connection."""
        for broker in brokers:
            self._told("broker_set_down", broker)

    def set_up(self, *brokers: int) -> None:
        for broker in brokers:
            self._told("broker_set_up", broker)

    def close(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)

    def _told(self, command: str, *arguments: object) -> None:
        code = getattr(self._library, f"rd_kafka_mock_{command}")(self._cluster, *arguments)
        if code:
            raise RuntimeError(f"the mock cluster refused {command}: {code}")


@contextmanager
def mock_cluster() -> Iterator[MockCluster]:
    """A cluster of three brokers for as long as the block lasts."""
    path = packaged_kafka()
    if path is None:
        raise RuntimeError(f"the wheel {WHEEL} is not installed, or brings no librdkafka")
    cluster = MockCluster(_library(path))
    try:
        yield cluster
    finally:
        cluster.close()
