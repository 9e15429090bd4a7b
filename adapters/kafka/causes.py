"""Why a Kafka does not take events, in constant words: they go to the log and hold nothing that was sent.

aiokafka says "Unable to bootstrap" and writes the cause to its own log. ``cause_of_silence`` therefore connects
once more, by aiokafka's public ``create_conn``, which raises the cause. It is asked after a failure only.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedSaslMechanismError,
)

from adapters.outgoing.breaker import NoAnswer

PROBE_SECONDS: Final = 3.0
"""For all brokers together."""

Target = tuple[str, int]
"""Host and port of a broker."""


class Lasting(NoAnswer):
    """Another try at once would fail the same way: an operator has to change something."""


class TokenUnavailable(KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """There is no access token, so aiokafka cannot sign in. It catches its own errors only."""

    def __init__(self, cause: NoAnswer) -> None:
        super().__init__(cause.reason)
        self.cause = cause


SIGN_IN_REFUSED: Final = "the broker refused the token"
SILENT: Final = NoAnswer("the brokers did not answer in time")
SOME_UNREACHABLE: Final = NoAnswer("some brokers cannot be reached")
_LASTING: Final[Mapping[type[BaseException], str]] = {
    SaslAuthenticationFailed: "the broker refused the user or the password",
    UnsupportedSaslMechanismError: "the broker does not offer the mechanism",
    IllegalSaslStateError: "the broker asks for another way to sign in",
    TopicAuthorizationFailedError: "the user may not write to the topic",
    ClusterAuthorizationFailedError: "the user may not write to the topic",
    UnknownTopicOrPartitionError: "the topic does not exist",
}
_UNREACHABLE: Final = "no broker can be reached"
_HUNG_UP: Final = "the broker hung up: the port may ask for another protocol, a user or a client certificate"
_HOST_MISMATCH: Final = {62, 64}
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and …_IP_ADDRESS_MISMATCH."""
_EXPIRED: Final = {9, 10}
"""Not yet valid, or no more."""
_ALERTS: Final[Mapping[str, str]] = {
    "CERTIFICATE_REQUIRED": "the broker asks for a client certificate",
    "UNKNOWN_CA": "the broker refused the client certificate",
    "BAD_CERTIFICATE": "the broker asks for a client certificate, or for another one",
    "CERTIFICATE_UNKNOWN": "the broker refused the client certificate",
    "CERTIFICATE_EXPIRED": "the client certificate has expired",
    "HANDSHAKE_FAILURE": "the broker and Fangate agree on no TLS, or it asks for a client certificate",
}


def cause_of(error: BaseException) -> NoAnswer:
    """What is known from the error itself."""
    for one in _chain(error):
        match one:
            case NoAnswer():
                return one
            case TokenUnavailable():
                return one.cause
            case ssl.SSLError():
                return Lasting(_of_tls(one))
        for kind, reason in _LASTING.items():
            if isinstance(one, kind):
                return Lasting(reason)
    return _of_network(error)


def _chain(error: BaseException) -> Iterable[BaseException]:
    """The error, and those that it was raised from."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__


def _of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _HOST_MISMATCH:
            return "the broker's certificate is for another host name"
        if error.verify_code in _EXPIRED:
            return "the broker's certificate is not valid at this time"
        return "the broker's certificate is not signed by a trusted authority"
    reason = error.reason or ""
    alerts = (words for alert, words in _ALERTS.items() if alert in reason)
    return next(alerts, "the broker does not speak TLS as Fangate does")


def _of_network(error: BaseException) -> NoAnswer:
    if isinstance(error, socket.gaierror):
        return NoAnswer("the host name of a broker is not known")
    if isinstance(error, TimeoutError):
        return SILENT
    if isinstance(error, KafkaConnectionError | ConnectionResetError | EOFError):
        return NoAnswer(_HUNG_UP)
    if isinstance(error, OSError):
        return NoAnswer(_UNREACHABLE)
    if isinstance(error, KafkaError):
        return NoAnswer(type(error).__name__)
    return Lasting("the broker answered the sign-in with something else")  # aiokafka asserts and decodes there.


async def cause_of_silence(targets: Iterable[Target], options: Mapping[str, Any]) -> NoAnswer | None:
    """Connect to all brokers until one tells what is wrong; None where nothing is wrong with any."""
    causes: list[NoAnswer | None] = []
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            for host, port in dict.fromkeys(targets):
                causes.append(await _probe(host, port, options))
                if isinstance(causes[-1], Lasting):
                    return causes[-1]
    except TimeoutError:
        causes.append(SILENT)
    if None in causes and any(causes):
        return SOME_UNREACHABLE
    return next(iter(causes), None)


async def _probe(host: str, port: int, options: Mapping[str, Any]) -> NoAnswer | None:
    waits = {"request_timeout_ms": int(PROBE_SECONDS * 1_000)}
    try:
        connection = await create_conn(host, port, **waits, **options)
        await connection.close()
        client = AIOKafkaClient(bootstrap_servers=[_server(host, port)], **waits, **options)
        try:
            await client.bootstrap()
            return None if client.cluster.brokers() else Lasting(SIGN_IN_REFUSED)
        finally:
            await client.close()
    except Exception as error:  # noqa: BLE001  # What aiokafka asserts and decodes is a cause like any other.
        return cause_of(error)


def _server(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
