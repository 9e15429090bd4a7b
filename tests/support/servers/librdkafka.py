"""librdkafka's mock cluster, reached through ctypes, as a program that executes commands.

It comes inside the confluent-kafka wheel and is native code: a fault in it ends the process it runs in, which
therefore is none of pytest's. A command is a line of JSON, ``["name", argument, …]``; it is answered by a line
``{"is": value}`` or ``{"error": text}``. Ends with its input. Started by `tests.support.servers.kafka`.
"""

import ctypes
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

_PRODUCER: Final = 0
_ERROR_TEXT_BYTES: Final = 512


class Cluster:
    """Each public method is a command."""

    def __init__(self, path: str, brokers: int) -> None:
        self._library = library = ctypes.CDLL(path)
        library.rd_kafka_conf_new.restype = ctypes.c_void_p
        library.rd_kafka_new.restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
        library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
        library.rd_kafka_mock_get_requests.restype = ctypes.c_void_p
        library.rd_kafka_mock_request_api_key.restype = ctypes.c_int16
        error = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
        conf = ctypes.c_void_p(library.rd_kafka_conf_new())
        library.rd_kafka_conf_set(conf, b"log_level", b"0", error, ctypes.c_size_t(len(error)))
        client = ctypes.c_void_p(library.rd_kafka_new(_PRODUCER, conf, error, ctypes.c_size_t(len(error))))
        if client.value is None:
            raise RuntimeError(f"no client for the mock cluster: {error.value.decode()}")
        self._cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(client, brokers))
        if self._cluster.value is None:
            raise RuntimeError("no mock cluster")

    def servers(self) -> str:
        servers: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return servers.decode()

    def create_topic(self, name: str, partitions: int, replicas: int) -> None:
        self._call("topic_create", name.encode(), partitions, replicas)

    def fail_next(self, api: int, failures: Sequence[int]) -> None:
        codes = (ctypes.c_int * len(failures))(*failures)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, ctypes.c_int16(api), ctypes.c_size_t(len(failures)), codes
        )

    def fail_no_more(self, api: int) -> None:
        self._library.rd_kafka_mock_clear_request_errors(self._cluster, ctypes.c_int16(api))

    def dawdle(self, broker: int, milliseconds: int) -> None:
        self._call("broker_set_rtt", broker, milliseconds)

    def set_down(self, broker: int) -> None:
        self._call("broker_set_down", broker)

    def set_up(self, broker: int) -> None:
        self._call("broker_set_up", broker)

    def begin_to_count(self) -> None:
        self._library.rd_kafka_mock_start_request_tracking(self._cluster)
        self._library.rd_kafka_mock_clear_requests(self._cluster)

    def count(self, api: int) -> int:
        count = ctypes.c_size_t()
        requests = ctypes.cast(
            self._library.rd_kafka_mock_get_requests(self._cluster, ctypes.byref(count)),
            ctypes.POINTER(ctypes.c_void_p),
        )
        key_of = self._library.rd_kafka_mock_request_api_key
        keys: list[int] = [key_of(ctypes.c_void_p(requests[place])) for place in range(count.value)]
        self._library.rd_kafka_mock_request_destroy_array(requests, count)
        return keys.count(api)

    def count_no_more(self) -> None:
        self._library.rd_kafka_mock_stop_request_tracking(self._cluster)

    def _call(self, command: str, *arguments: object) -> None:
        code = getattr(self._library, f"rd_kafka_mock_{command}")(self._cluster, *arguments)
        if code:
            raise RuntimeError(f"the mock cluster refused {command}: {code}")


def _answer(cluster: Cluster, line: str) -> dict[str, Any]:
    name, *arguments = json.loads(line)
    try:
        return {"is": getattr(cluster, name)(*arguments)}
    except RuntimeError as error:
        return {"error": str(error)}


def main(path: str, brokers: str) -> None:
    cluster = Cluster(path, int(brokers))
    for line in sys.stdin:
        print(json.dumps(_answer(cluster, line)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
