"""From the messages of the decoder to field problems: which field is wrong, and what it must be."""

import re
from typing import Any, Final

import msgspec

from entrypoints.http.request.allowed_values import values_at
from entrypoints.http.response.problems import FieldProblem
from entrypoints.http.wire import RULES

_WHERE: Final = re.compile(r" - at (?:`key` in )?`\$([A-Za-z0-9_.\[\]]*)`$")
"""The path that msgspec adds. It holds names of fields, indexes and ``[...]``, never text of the caller."""
_LONGEST_PATH: Final = 200
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_LONGEST_NAME: Final = 64
_A_TIME: Final = (
    "must be a time with its zone, as RFC 3339 has it: 2026-11-21T18:00:00Z (in a query, %2B is a plus)"
)
_RULE_OF: Final = {f"Expected `str` matching regex {pattern!r}": rule for pattern, rule in RULES.items()} | {
    "Invalid RFC3339 encoded datetime": _A_TIME,
    "Expected `datetime` with a timezone component": _A_TIME,
}
_WORDS: Final = {
    "Object contains unknown": "is not a known field",
    "Object missing required field": "is missing",
    "Invalid enum value": "",
    "Expected `bool`,": "must be true or false",
    "Number out of range": "is too large a number",
}
"""By the beginning of msgspec's message."""
_LENGTH: Final = re.compile(r"Expected `(str|array|object)` of length (<=|>=) ([0-9]+)")
_COUNTED: Final = {"str": "characters", "array": "items", "object": "members"}
_BOUND: Final = {"<=": "at most", ">=": "at least"}
_AMOUNT: Final = re.compile(r"Expected `(?:int|float)` (<=|>=) (-?[0-9.e+]+)")
_KIND: Final = re.compile(r"Expected `([a-z |]+)`, got `([a-z]+)`")
_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a time",
}


def field_problem(error: msgspec.ValidationError, type: Any) -> FieldProblem:
    """From ``… - at `$.assignments[0].code``` of msgspec to ``/assignments/0/code`` for callers.

    The message quotes what the caller sent, at any length. So no pattern looks at more than its end. ``type`` is
    what was to be read.
    """
    text = str(error)
    where = _WHERE.search(text[-_LONGEST_PATH:])
    detail = text[: -len(where[0])] if where else text
    steps = ["".join(step) for step in _STEP.findall(where[1])] if where else []
    _, names_field, name = detail.partition(" field `")
    if names_field and detail.startswith("Object "):
        steps.append(name.removesuffix("`"))
    words = _in_plain_words(detail) or f"must be one of: {', '.join(values_at(type, steps))}"
    of_a_name = where is not None and "`key` in" in where[0]
    return FieldProblem(pointer(*steps), f"a name in it {words}" if of_a_name else words)


def _in_plain_words(detail: str) -> str:
    """The message without the value, which may be a code in the wrong place, and without a pattern.

    Empty for an enumeration: its values are read from the type.
    """
    for beginning, words in _WORDS.items():
        if detail.startswith(beginning):
            return words
    if (rule := _RULE_OF.get(detail)) is not None:
        return rule
    short = detail[:_LONGEST_PATH]
    if length := _LENGTH.fullmatch(short):
        return f"must have {_BOUND[length[2]]} {length[3]} {_COUNTED[length[1]]}"
    if amount := _AMOUNT.fullmatch(short):
        return f"must be {_BOUND[amount[1]]} {amount[2].removesuffix('.0')}"
    if kind := _KIND.fullmatch(short):
        return f"must be {_kinds(kind[1])}, not {_kinds(kind[2])}"
    return detail


def _kinds(named: str) -> str:
    """That a field may be null is left out: a field may be left out, too."""
    kinds = [kind for kind in named.split(" | ") if kind != "null"] or ["null"]
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def pointer(*steps: str) -> str:
    """An RFC 6901 pointer. Names that come from callers are cut, so that an answer stays small."""
    return "".join("/" + step[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for step in steps)
