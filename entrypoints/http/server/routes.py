"""Which route a path belongs to, also when its method does not fit: for the log, the metrics and ``Allow``.

A fan's id may hold a slash, so paths are routed with ``/`` and ``%`` of a segment still encoded.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

_PARAMETER: Final = re.compile(r"\\{\w+\\}")
_SLASHES: Final = re.compile(r"/+")


class Route(NamedTuple):
    template: str
    methods: str
    """As ``Allow`` has them; the framework forgets some where several handlers share a path."""


UNMATCHED: Final = Route("unmatched", "")


class Routes:
    def __init__(self, methods: Mapping[str, Iterable[str]]) -> None:
        """``methods``: those of each path template; of two that fit, the more literal one is meant."""
        self._by_length: defaultdict[int, list[tuple[re.Pattern[str], Route]]] = defaultdict(list)
        for template, allowed in sorted(methods.items(), key=lambda item: item[0].count("{")):
            pattern = re.compile(_PARAMETER.sub("[^/]+", re.escape(template)))
            route = Route(template, ", ".join(sorted(allowed)))
            self._by_length[template.count("/")].append((pattern, route))

    def of(self, path: str) -> Route:
        """Repeated and trailing slashes make no difference, here as in the framework."""
        path = _SLASHES.sub("/", path).rstrip("/")
        as_long = self._by_length.get(path.count("/"), ())
        return next((route for pattern, route in as_long if pattern.fullmatch(path)), UNMATCHED)


def path_of(scope: Any) -> str:
    """The path to route: decoded, but for the slashes and percent signs of its segments.

    Servers decode all of it, after which ``a%2Fb`` and ``a/b`` cannot be told apart.
    """
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return str(scope["path"]).replace("%", "%25")
    if b"%" not in raw:
        return str(scope["path"])
    segments = (unquote(segment) for segment in raw.partition(b"?")[0].decode("latin-1").split("/"))
    return "/".join(segment.replace("%", "%25").replace("/", "%2F") for segment in segments)


def of_segment(text: str) -> str:
    """What a parameter of a path that ``path_of`` gave says."""
    return text.replace("%2F", "/").replace("%25", "%")
