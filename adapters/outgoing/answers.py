"""Answers of neighbours, and how their bodies are decoded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import msgspec

from adapters.outgoing.breaker import NoAnswer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a neighbour, with any status below 500."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The names are case-insensitive."""

    @property
    def ok(self) -> bool:
        return HTTPStatus(200) <= self.status < HTTPStatus(300)

    @property
    def content(self) -> bytes:
        """The body of a 200. Raises NoAnswer for anything else."""
        if self.status != HTTPStatus.OK:
            raise NoAnswer(f"status {self.status}")
        return self.body

    def read(self, decoder: "msgspec.json.Decoder[T]") -> T:
        """The body of a 200. Raises NoAnswer for anything else."""
        return decoded(decoder, self.content)


def decoded(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """``body`` as the decoder's type. Raises NoAnswer with the field and the types as its reason, never with
    values."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise NoAnswer(f"invalid: {_location_of(error)}") from None
    except (ValueError, RecursionError):
        raise NoAnswer("invalid: not JSON") from None


def _location_of(error: msgspec.ValidationError) -> str:
    """The message of msgspec without values. It quotes a value only when an enumeration does not have it."""
    text = str(error)
    return text if not text.startswith("Invalid enum value") else "unknown value" + text[text.rfind(" - at ") :]
