"""A real OpenID provider over HTTP on this machine: oidc-provider-mock. It may be told to misbehave."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import flask
import httpx2
import jwt
import oidc_provider_mock
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.support.without_tls import NO_TLS

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
"""For the provider, which otherwise wants TLS. Fangate does not read it."""
CLIENT: Final = "the-console"
CLIENT_SECRET: Final = "a secret of the console's client"
STAFF: Final = "paula"
FAN: Final = "ann"


def _new_key() -> bytes:
    key = rsa.generate_private_key(65_537, 2_048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def _loaded(pem: bytes) -> rsa.RSAPrivateKey:
    """To read a key takes long: its numbers are checked for being prime."""
    key = load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@cache
def _imported(kind: Any, pem: bytes) -> Any:
    """As the provider wants it."""
    return kind.import_key(pem.decode())


@dataclass(slots=True)
class OpenId:
    """What it is told holds until ``behave``."""

    issuer: str
    token_requests: list[dict[str, str]] = field(default_factory=list)
    """The forms that were sent for tokens, each with the header ``authorization`` beside its fields."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Instead of what it says of itself."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Instead of the claims of identity tokens. None leaves one out."""
    status: int = 0
    """Of all answers, if it is not 0."""
    held: threading.Event | None = None
    """Answers wait for it."""
    key: bytes = field(default_factory=_new_key)
    """Signs the identity tokens, as PEM."""

    def behave(self) -> None:
        if self.held:
            self.held.set()
        self.metadata, self.claims, self.status, self.held = {}, {}, 0, None

    def rotate(self) -> None:
        self.key = _new_key()

    def sign_in(self, url: str, person: str = STAFF) -> str:
        """What the person does there: the address that the browser is led back to."""
        answer = httpx2.post(url, data={"sub": person}, verify=NO_TLS)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def signed(self, **claims: Any) -> str:
        """An identity token."""
        wanted = {"sub": STAFF, "iss": self.issuer, "aud": CLIENT, "exp": int(time.time()) + 600, "supreme": True}
        return jwt.encode(wanted | claims, _loaded(self.key), "RS256")


@contextmanager
def openid() -> Iterator[OpenId]:
    people = [
        oidc_provider_mock.User(sub=STAFF, claims={"supreme": True}),
        oidc_provider_mock.User(sub=FAN),
        oidc_provider_mock.User(sub="rita", claims={"supreme": True, "scope": "fangate:read"}),
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as server:
        running = OpenId(f"http://localhost:{server.server_port}")
        app = server.app
        assert isinstance(app, flask.Flask)
        app.before_request(lambda: _before(running))
        app.after_request(lambda answer: _after(running, answer))
        try:
            yield running
        finally:
            running.behave()


def _before(running: OpenId) -> Any:
    if running.held:
        running.held.wait(30)
    if running.status:
        return "", running.status
    storage = flask.g.oidc_provider_mock_storage
    kind: Any = type(storage.jwk)
    storage.jwk = _imported(kind, running.key)
    if flask.request.path == "/oauth2/token":
        sent = dict(flask.request.form) | {"authorization": flask.request.headers.get("authorization", "")}
        running.token_requests.append(sent)
    return None


def _after(running: OpenId, answer: flask.Response) -> flask.Response:
    if flask.request.path.endswith("openid-configuration") and running.metadata:
        answer.data = flask.json.dumps(flask.json.loads(answer.data) | running.metadata)
    if flask.request.path == "/oauth2/token" and running.claims and answer.status_code == 200:
        tokens = flask.json.loads(answer.data)
        answer.data = flask.json.dumps(
            tokens | {"id_token": _signed_anew(tokens["id_token"], running.claims, running.key)}
        )
    return answer


def _signed_anew(token: str, changes: Mapping[str, Any], key: bytes) -> str:
    claims = jwt.decode(token, options={"verify_signature": False}) | dict(changes)
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, _loaded(key), "RS256")


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
