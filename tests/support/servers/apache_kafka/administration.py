"""What an operator of a cluster does: topics, users, rights."""

import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

SECONDS: Final = 60
LOOK_SECONDS: Final = 0.05
NO_LEADER: Final = -1
ITERATIONS: Final = 4096
_MECHANISMS: Final = {
    "SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256,
    "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512,
}


class Administration:
    """Each call returns when it is done. Raises KafkaException."""

    def __init__(self, servers: str) -> None:
        self._client = AdminClient({"bootstrap.servers": servers, "log_level": 0})

    def brokers(self) -> set[int]:
        """The ids of those that live."""
        return set(self._client.list_topics(timeout=2).brokers)

    def create_topic(
        self, name: str, partitions: int = 4, replicas: int = 1, config: Mapping[str, str] | None = None
    ) -> None:
        topic = NewTopic(name, partitions, replicas, config=dict(config or {}))
        self._client.create_topics([topic])[name].result(SECONDS)
        deadline = time.monotonic() + SECONDS
        while not (leaders := self.leaders(name)) or NO_LEADER in leaders.values():
            assert time.monotonic() < deadline, "the brokers never heard of the topic"
            time.sleep(LOOK_SECONDS)

    def delete_topic(self, name: str) -> None:
        self._client.delete_topics([name])[name].result(SECONDS)

    def set_password(self, user: str, password: str, mechanism: str = "SCRAM-SHA-512") -> None:
        """Of SCRAM."""
        info = ScramCredentialInfo(_MECHANISMS[mechanism], ITERATIONS)
        change = UserScramCredentialUpsertion(user, info, password.encode())
        for done in self._client.alter_user_scram_credentials([change]).values():
            done.result(SECONDS)

    def allow(self, user: str, topic: str) -> None:
        """To write; ``*`` is every topic."""
        for done in self._client.create_acls([AclBinding(*_right(user, topic))]).values():
            done.result(SECONDS)
        self._wait_for_rights(user, topic, 1)

    def forbid(self, user: str, topic: str) -> None:
        """What was allowed."""
        for done in self._client.delete_acls([AclBindingFilter(*_right(user, topic))]).values():
            done.result(SECONDS)
        self._wait_for_rights(user, topic, 0)

    def _wait_for_rights(self, user: str, topic: str, count: int) -> None:
        """The controller knows the right at once; the brokers learn it a moment later."""
        deadline = time.monotonic() + SECONDS
        right = AclBindingFilter(*_right(user, topic))
        while len(self._client.describe_acls(right).result(SECONDS)) != count:
            assert time.monotonic() < deadline, "the broker never learned of the right"
            time.sleep(LOOK_SECONDS)

    def leaders(self, topic: str) -> dict[int, int]:
        """Of each partition the broker's id; -1 where it has none."""
        partitions = self._client.list_topics(topic, timeout=SECONDS).topics[topic].partitions
        return {number: partition.leader for number, partition in partitions.items()}


def _right(user: str, topic: str) -> tuple[Any, ...]:
    return (
        ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{user}", "*",
        AclOperation.WRITE, AclPermissionType.ALLOW,
    )  # fmt: skip
