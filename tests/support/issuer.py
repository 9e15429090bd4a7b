"""An identity provider: signs tokens, and publishes its keys over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.forging import claims


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @classmethod
    def rsa(cls, kid: str) -> "SigningKey":
        return cls(kid, rsa.generate_private_key(65_537, 2_048))

    @classmethod
    def ec(cls, kid: str) -> "SigningKey":
        return cls(kid, ec.generate_private_key(ec.SECP256R1()))

    def sign(self, *, algorithm: str = "", kid: Any = "", **changes: Any) -> str:
        """A token of an administrator; ``kid=None`` names no key."""
        own = "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"
        named = self.kid if kid == "" else kid
        headers = {} if named is None else {"kid": named}
        return jwt.encode(claims(**changes), self.private, algorithm=algorithm or own, headers=headers)

    @property
    def pem(self) -> bytes:
        """The public half, as it lies around on the internet."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def published(self, **changes: Any) -> dict[str, Any]:
        """As a JSON Web Key."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            key = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            key = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return dict(key) | {"kid": self.kid, "use": "sig"} | changes


@dataclass(slots=True)
class Issuer:
    url: str
    answer: tuple[int, bytes] = (200, b'{"keys":[]}')
    asked: int = 0
    """How often the keys were fetched."""
    keys: list[SigningKey] = field(default_factory=list)

    def publish(self, *keys: SigningKey, more: list[dict[str, Any]] | None = None) -> None:
        self.keys = list(keys)
        self.answer = 200, json.dumps({"keys": [key.published() for key in keys] + (more or [])}).encode()

    def break_down(self, status: int = 500, body: bytes = b"broken") -> None:
        self.answer = status, body


@contextmanager
def issuer() -> Iterator[Issuer]:
    """An issuer, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            running.asked += 1
            status, body = running.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Not on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Issuer(f"http://127.0.0.1:{server.server_port}/jwks.json")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
