"""Sees everything that is asked and answered, and reads everything that is logged.

No answer may hold a one-time code, nor tell a fan a number that this fan has not used; no line of a log may hold a
number, a code or a token.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import jwt

from tests.support.world import Texts

_PHONE: Final = re.compile(r"\+\d{8,15}")
_TOKEN: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
_WORD: Final = re.compile(r"[0-9A-Za-z_.-]+")
_MEASURED: Final = {"time", "ms", "request_id"}
"""Members of a log line in which any digits may stand by chance."""
_NATIONAL: Final = 10
"""A number is recognized by its last digits, whatever stands before and between them."""


@dataclass(slots=True)
class Witness:
    texts: Texts
    tokens: set[str] = field(default_factory=set)
    """Of both kinds: those that callers showed, and those that were answered."""
    phones: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The numbers each caller has named."""
    answers: int = 0

    async def see(self, answer: httpx2.Response) -> None:
        """A response hook of the client."""
        await answer.aread()
        bearer = answer.request.headers["authorization"].removeprefix("Bearer ")
        caller = jwt.decode(bearer, options={"verify_signature": False})
        self.answers += 1
        self.tokens.add(bearer)
        self.tokens.update(re.findall(r'"token":"([^"]+)"', answer.text))
        self.phones[caller["sub"]].update(_PHONE.findall(answer.request.content.decode()))
        told = set(_PHONE.findall(answer.text)) - self.phones[caller["sub"]]
        assert caller.get("supreme") or not told, "the answer to a fan holds the number of another fan"
        assert not self.texts.codes & set(_WORD.findall(answer.text)), "an answer holds a one-time code"

    def leaks_in(self, log: str) -> list[str]:
        """What kinds of secrets stand in which lines."""
        numbers = {phone[-_NATIONAL:] for phone in self._numbers()}
        lines = (_telling(line) for line in log.splitlines() if line.strip())
        return [f"{kind}: {_shape(line)}" for line in lines for kind in self._kinds(line, numbers)]

    def _kinds(self, line: str, numbers: set[str]) -> Iterator[str]:
        digits = re.sub(r"\D", "", line)
        if not numbers.isdisjoint(digits[start : start + _NATIONAL] for start in range(len(digits))):
            yield "a phone"
        if not self.texts.codes.isdisjoint(re.findall(r"\d+", line)):
            yield "a code"
        if not self.tokens.isdisjoint(_TOKEN.findall(line)):
            yield "a token"

    def _numbers(self) -> Iterable[str]:
        return {*self.texts.received, *(phone for named in self.phones.values() for phone in named)}


def _telling(line: str) -> str:
    """The line without what is only measured."""
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return line
    return json.dumps({name: value for name, value in event.items() if name not in _MEASURED})


def _shape(line: str) -> str:
    """Enough to find the line, without the secret: test reports are read by many."""
    return re.sub(r"\d", "#", _TOKEN.sub("…", line))[:200]
