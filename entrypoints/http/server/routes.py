"""Which route a path belongs to, also when its method does not fit: for the log, the metrics and ``Allow``.

A fan's id may hold a slash, so paths are routed with ``/`` and ``%`` of a segment still encoded.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

_ROUTE: Final = "fangate.route"
_SEGMENTS: Final = "fangate.segments"


class Route(NamedTuple):
    template: str
    methods: str
    """For ``Allow``: the framework omits some where several handlers share a path."""
    parameters: tuple[tuple[int, str], ...] = ()
    """Which segments of the path are parameters, and their names."""


UNMATCHED: Final = Route("unmatched", "")

Fixed = tuple[int, ...]
"""Which segments of a template are no parameters."""


class Routes:
    def __init__(self, methods: Mapping[str, Iterable[str]]) -> None:
        """``methods``: by path template. Of two templates that fit, the one with fewer parameters is chosen."""
        self._by_length: defaultdict[int, dict[Fixed, dict[tuple[str, ...], Route]]] = defaultdict(dict)
        for template, allowed in sorted(methods.items(), key=lambda item: item[0].count("{")):
            segments = _segments(template)
            named = tuple((at, text[1:-1]) for at, text in enumerate(segments) if text.startswith("{"))
            fixed = tuple(at for at, text in enumerate(segments) if not text.startswith("{"))
            route = Route(template, ", ".join(sorted(allowed)), named)
            self._by_length[len(segments)].setdefault(fixed, {})[tuple(segments[at] for at in fixed)] = route

    def of(self, path: str) -> Route:
        """Repeated and trailing slashes make no difference, here as in the framework."""
        return self._of(_segments(path))

    def find(self, scope: Any) -> Route:
        """The same for the path of a request, which ``route_of`` and ``parameters_of`` know then."""
        scope[_SEGMENTS] = segments = _segments(scope["path"])
        scope[_ROUTE] = route = self._of(segments)
        return route

    def _of(self, segments: Sequence[str]) -> Route:
        for fixed, routes in self._by_length.get(len(segments), {}).items():
            if route := routes.get(tuple([segments[at] for at in fixed])):
                return route
        return UNMATCHED


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def route_of(scope: Any) -> Route:
    found: Route = scope.get(_ROUTE, UNMATCHED)
    return found


def parameters_of(scope: Any) -> dict[str, str]:
    """The parameters of the path, as its segments have them."""
    segments: list[str] = scope[_SEGMENTS]
    return {name: segments[at] for at, name in route_of(scope).parameters}


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
