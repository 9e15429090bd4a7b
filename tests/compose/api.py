"""The service's HTTP API, as the README's ``ask`` calls it."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Final

from tests.compose.reading import CheckFailedError

CAMPAIGN: Final = "http://localhost:8000/tour"
UPLOADS: Final = "http://localhost:5000/fangate-codes"
SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Api:
    token: str = field(repr=False)

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        return self._ask("POST", path, body)

    def status(self, path: str, body: object) -> int:
        """The status of the answer to a POST; 0 where no answer came."""
        try:
            with self._open("POST", path, body) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, http.client.HTTPException):
            return 0

    def _ask(self, method: str, path: str, body: object) -> Any:
        try:
            with self._open(method, path, body) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise CheckFailedError(f"{method} {path} was answered {error.code}: {error.read()!r}") from None
        except (OSError, http.client.HTTPException) as error:
            raise CheckFailedError(f"{method} {path} was not answered: {error}") from None

    def _open(self, method: str, path: str, body: object) -> Any:
        request = urllib.request.Request(
            f"{CAMPAIGN}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        return urllib.request.urlopen(request, timeout=SECONDS)


def upload(key: str, content: str) -> None:
    """Into the emulator's bucket. Without a type urllib says that it is a form, and moto stores an empty file."""
    put = urllib.request.Request(
        f"{UPLOADS}/{key}", method="PUT", data=content.encode(), headers={"Content-Type": "text/csv"}
    )
    try:
        urllib.request.urlopen(put, timeout=SECONDS).close()
    except OSError as error:
        raise CheckFailedError(f"the upload of {key} failed: {error}") from None
