"""The two sources of campaigns and of accounts, a file and a service, with the records that a test puts there."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from tests.support.registrations import as_file
from tests.support.servers.neighbours import Reply, neighbour, records


class Record(Protocol):
    @property
    def id(self) -> str: ...


Port = TypeVar("Port")
Known = TypeVar("Known", bound=Record)


@dataclass(frozen=True, slots=True)
class Sources(Generic[Port, Known]):
    from_file: Callable[[Path], Port]
    over_http: Callable[[str], AbstractAsyncContextManager[Port]]
    body: Callable[[Known], dict[str, Any]]

    def file(self, folder: Path) -> tuple[Port, Callable[[Known], None]]:
        """The port, and what puts a record there. One of the same id takes the place of the earlier one."""
        path, known = folder / "records.json", dict[str, dict[str, Any]]()
        path.write_text("[]")

        def put(record: Known) -> None:
            known[record.id] = self.body(record)
            path.write_text(as_file(known.values()))

        return self.from_file(path), put

    async def service(self, stack: AsyncExitStack) -> tuple[Port, Callable[[Known], None]]:
        """The same."""
        known: dict[str, dict[str, Any]] = {}
        running = stack.enter_context(neighbour(records(known)))
        port = await stack.enter_async_context(self.over_http(running.url))
        return port, lambda record: known.update({record.id: self.body(record)})

    async def returning(self, source: str, stack: AsyncExitStack, folder: Path) -> Callable[[Any], Port]:
        """A function that makes a port of JSON, which the port reads from its ``source``: ``file`` or ``http``."""
        if source == "http":
            running = stack.enter_context(neighbour())
            port = await stack.enter_async_context(self.over_http(running.url))

            def by_service(body: Any) -> Port:
                running.say(Reply(200, body))
                return port

            return by_service
        path = folder / "records.json"

        def by_file(body: Any) -> Port:
            path.write_text(json.dumps([body]))
            return self.from_file(path)

        return by_file
