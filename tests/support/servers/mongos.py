"""A stand-in for a mongos, in front of a real mongod.

It answers ``hello`` as a mongos does. It takes the commands that shard, and only writes down the keys where a
cluster keeps them, in config.collections. All else is mongod's. So it shows what Fangate sends to a cluster,
and not what a cluster does with it: for that, see tests/sharded.
"""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import bson
import pymongo

Document = dict[str, Any]

HEADER: Final = struct.Struct("<iiii")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
BEFORE_DOCUMENT: Final = {OP_REPLY: 20, OP_MSG: 5}
"""Bytes of flags and numbers in front of the document of an answer."""
OF_REPLICA_SETS: Final = {"setName", "hosts", "primary", "me", "setVersion", "electionId", "topologyVersion"}
HELLO: Final = {"hello", "ismaster", "isMaster"}
TAKEN: Final = {"enableSharding", "split", "moveChunk"}
"""Commands that are answered, and do nothing."""
UNAUTHORIZED: Final = 13


class StandIn:
    """A thread and a connection to mongod for each connection: the driver waits for one answer at a time."""

    def __init__(self, mongod: tuple[str, int]) -> None:
        self._mongod = mongod
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.sharding: list[Document] = []
        """The commands that shard, as they came."""
        self.may_shard = True

    def run(self) -> None:
        with suppress(OSError):  # The listener is closed at the end.
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client, socket.create_connection(self._mongod) as server:
            while True:
                asked = _read(client)
                command = _command(asked)
                answer = self._answer(command)
                if answer is not None:
                    client.sendall(_message(answer, to=asked))
                    continue
                server.sendall(asked)
                answered = _read(server)
                client.sendall(_as_mongos(answered) if not HELLO.isdisjoint(command) else answered)

    def _answer(self, command: Mapping[str, Any]) -> Document | None:
        """None for what is mongod's to answer."""
        if not TAKEN.isdisjoint(command):
            return {"ok": 1.0}
        if "listShards" in command:
            return {"ok": 1.0, "shards": [{"_id": "shard0"}, {"_id": "shard1"}]}
        if "shardCollection" not in command:
            return None
        if not self.may_shard:
            return {"ok": 0.0, "code": UNAUTHORIZED, "codeName": "Unauthorized", "errmsg": "not authorized"}
        self.sharding.append({name: command[name] for name in ("shardCollection", "key")})
        with pymongo.MongoClient[Document](*self._mongod, directConnection=True) as client:
            row = {"_id": command["shardCollection"], "key": command["key"], "unique": False}
            client["config"]["collections"].replace_one({"_id": row["_id"]}, row, upsert=True)
        return {"ok": 1.0, "collectionsharded": command["shardCollection"]}


def _read(connection: socket.socket) -> bytes:
    head = _exactly(connection, HEADER.size)
    return head + _exactly(connection, HEADER.unpack(head)[0] - HEADER.size)


def _exactly(connection: socket.socket, count: int) -> bytes:
    read = bytearray()
    while len(read) < count:
        some = connection.recv(count - len(read))
        if not some:
            raise EOFError
        read += some
    return bytes(read)


def _command(message: bytes) -> Document:
    """The driver's first hello is an OP_QUERY, everything else an OP_MSG with the command first."""
    body = message[HEADER.size :]
    if HEADER.unpack_from(message)[3] == OP_QUERY:
        return _document(body[body.index(b"\0", 4) + 9 :])
    return _document(body[BEFORE_DOCUMENT[OP_MSG] :])


def _document(data: bytes) -> Document:
    return bson.decode(data[: int.from_bytes(data[:4], "little")])


def _message(answer: Document, *, to: bytes) -> bytes:
    body = struct.pack("<IB", 0, 0) + bson.encode(answer)
    return HEADER.pack(HEADER.size + len(body), 0, HEADER.unpack_from(to)[1], OP_MSG) + body


def _as_mongos(answer: bytes) -> bytes:
    _, number, to, kind = HEADER.unpack_from(answer)
    start = HEADER.size + BEFORE_DOCUMENT[kind]
    hello = _document(answer[start:])
    hello = {name: value for name, value in hello.items() if name not in OF_REPLICA_SETS} | {"msg": "isdbgrid"}
    rest = answer[HEADER.size : start] + bson.encode(hello)
    return HEADER.pack(HEADER.size + len(rest), number, to, kind) + rest


@contextmanager
def stand_in(mongodb_url: str) -> Iterator[StandIn]:
    """In front of the primary that this URL leads to."""
    with pymongo.MongoClient[Document](mongodb_url) as client:
        client.admin.command("ping")
        address = client.address
    assert address is not None, "it has answered"
    mongos = StandIn(address)
    thread = threading.Thread(target=mongos.run, daemon=True)
    thread.start()
    try:
        yield mongos
    finally:
        mongos.close()
        thread.join()
