"""The configuration of one broker of a cluster."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

LISTENERS: Final = {
    "PLAINTEXT": "PLAINTEXT",
    "CONTROLLER": "PLAINTEXT",
    "SASL_SSL": "SASL_SSL",
    "ONE": "SASL_SSL",
    "SSL": "SSL",
}
"""And the protocol of each."""
PLAIN: Final = ("PLAINTEXT", "CONTROLLER")
"""Those of brokers that only die. Each of the others costs a second of processor time at each start."""
PASSWORD: Final = "geheim-of-the-relay"
"""Of the user ``relay``, by PLAIN; for SCRAM a test sets what it needs."""
SMALL_TOPIC_PARTITIONS: Final = 4

_MODULE: Final = "org.apache.kafka.common.security"
_SCRAM: Final = f"{_MODULE}.scram.ScramLoginModule required;"
_JAAS: Final = {
    "plain": f'{_MODULE}.plain.PlainLoginModule required user_relay="{PASSWORD}";',
    "scram-sha-256": _SCRAM,
    "scram-sha-512": _SCRAM,
    # Takes tokens without a signature. The claim is for the broker's own sign-in, which is never used.
    "oauthbearer": (
        f'{_MODULE}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
    ),
}


def properties(folder: Path, number: int, ports: Sequence[Mapping[str, int]]) -> str:
    """Of the broker ``number``, from 1; ``ports``: those of each broker by listener.

    The first is the only controller, so that the others can die without it.
    """
    controls = number == 1
    own = {
        name: f"{name}://127.0.0.1:{port}"
        for name, port in ports[number - 1].items()
        if controls or name != "CONTROLLER"
    }
    replicas = len(ports)
    lines: dict[str, object] = {
        "process.roles": "broker,controller" if controls else "broker",
        "node.id": number,
        "controller.quorum.voters": f"1@127.0.0.1:{ports[0]['CONTROLLER']}",
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join(own.values()),
        "advertised.listeners": ",".join(url for name, url in own.items() if name != "CONTROLLER"),
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in LISTENERS.items()),
        "log.dirs": folder / str(number),
        "num.partitions": SMALL_TOPIC_PARTITIONS,
        "default.replication.factor": replicas,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        "controlled.shutdown.enable": "false",
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        # A few clients need few threads. Each thread of a listener with TLS begins with certificates of its own.
        "num.network.threads": 1,
        "num.io.threads": 2,
        "background.threads": 2,
        "log.cleaner.enable": "false",
    }
    return _written(lines | ({} if own.keys() <= {*PLAIN} else _access(folder)))


def _access(folder: Path) -> dict[str, object]:
    """Certificates, and the ways to sign in."""
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": folder / "broker.keystore",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": folder / "authority.pem",
        "listener.name.ssl.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        "listener.name.one.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.one.scram-sha-512.sasl.jaas.config": _SCRAM,
        # A connection ends with its token.
        "listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms": 3_600_000,
    } | {f"listener.name.sasl_ssl.{mechanism}.sasl.jaas.config": module for mechanism, module in _JAAS.items()}


def _written(lines: Mapping[str, object]) -> str:
    return "".join(f"{name}={value}\n" for name, value in lines.items())
