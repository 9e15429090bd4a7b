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
    """For ``Allow``: the framework omits some where several handlers share a path."""


UNMATCHED: Final = Route("unmatched", "")


class Routes:
    def __init__(self, methods: Mapping[str, Iterable[str]]) -> None:
        """``methods``: by path template. Of two templates that fit, the one with fewer parameters is chosen."""
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
    """The path to route: decoded, except the slashes and percent signs inside its segments.

    Servers decode the whole path. After that, ``a%2Fb`` and ``a/b`` are the same.
    """
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return str(scope["path"]).replace("%", "%25")
    if b"%" not in raw:
        return str(scope["path"])
    segments = (unquote(segment) for segment in raw.partition(b"?")[0].decode("latin-1").split("/"))
    return "/".join(segment.replace("%", "%25").replace("/", "%2F") for segment in segments)


def of_segment(text: str) -> str:
    """The decoded value of one segment of a path from ``path_of``."""
    return text.replace("%2F", "/").replace("%25", "%")
