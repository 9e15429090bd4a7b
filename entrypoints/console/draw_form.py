"""The rules of a draw as staff type them, and as the operation takes them."""

from typing import Any, Final
from urllib.parse import urlencode

from entrypoints.console.request import Fields
from entrypoints.http.response.problems import FieldProblem, invalid

PLACES: Final = "places."
"""Before the market, in the name of the field of its places."""
ASKED: Final = ("tiers", "weights", "minScore", "exclude", "groupBy", "beacon", "round")
_LONGEST: Final = 16
"""Characters of a number."""
_MOST: Final = 50
"""More thresholds than a draw takes."""


def pairs_of(fields: Fields) -> list[tuple[str, str]]:
    """Only the fields of the rules."""
    return [(name, value) for name, value in fields.pairs if name in ASKED or name.startswith(PLACES)]


def query_of(fields: Fields) -> str:
    return f"?{urlencode(pairs_of(fields))}"


def places_of(fields: Fields) -> dict[str, int]:
    """By market. A field that is empty, or 0, gives the market no places. Raises a 422 Problem."""
    given = [(name.removeprefix(PLACES), value) for name, value in fields.pairs if name.startswith(PLACES)]
    places = {market: whole(value, f"/places/{market}") for market, value in given}
    return {market: count for market, count in places.items() if count}


def rules_of(fields: Fields) -> dict[str, Any]:
    """The body of the operation. Raises a 422 Problem."""
    places = places_of(fields)
    if not places:
        raise invalid(FieldProblem("/places", "are missing: give at least one market its number of places"))
    body: dict[str, Any] = {
        "places": places,
        "tiers": [_score(one, "/tiers") for one in _parts(fields.one("tiers"), "/tiers")],
        "weights": _weights(fields.one("weights")),
        "exclude": fields.all("exclude"),
        "beacon": _beacon(fields),
    }
    if least := fields.one("minScore"):
        body["minScore"] = _score(least, "/minScore")
    if attribute := fields.one("groupBy"):
        body["groupBy"] = attribute
    return body


def _beacon(fields: Fields) -> dict[str, Any]:
    beacon: dict[str, Any] = {"kind": fields.one("beacon") or "drand"}
    if round := fields.one("round"):
        beacon["round"] = whole(round, "/beacon/round")
    return beacon


def _weights(text: str) -> list[dict[str, Any]]:
    """One in a line: the least score, and the weight."""
    weights = []
    for line in text.splitlines()[:_MOST]:
        parts = line.replace(":", " ").split()
        if parts and len(parts) != len(("score", "weight")):
            raise invalid(FieldProblem("/weights", "must be a score and a weight in each line, such as 90: 4"))
        if parts:
            weight = whole(parts[1], "/weights")
            weights.append({"minScore": _score(parts[0], "/weights"), "weight": weight})
    return weights


def _parts(text: str, pointer: str) -> list[str]:
    parts = text.replace(",", " ").replace(";", " ").split()
    if len(parts) > _MOST:
        raise invalid(FieldProblem(pointer, f"has {len(parts)} scores: that are too many"))
    return parts


def _score(text: str, pointer: str) -> float:
    if not (text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= _LONGEST):
        raise invalid(FieldProblem(pointer, "must be scores: numbers from 0 to 100, such as 82.5"))
    return float(text)


def whole(text: str, pointer: str) -> int:
    """Raises a 422 Problem."""
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        raise invalid(FieldProblem(pointer, "must be a whole number, in digits"))
    return int(text)
