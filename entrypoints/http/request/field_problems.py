"""From the decoder's messages to field problems: which field is wrong, in words of ours."""

import re
from typing import Any, Final

import msgspec

from entrypoints.http.request.allowed_values import values_at
from entrypoints.http.response.problems import FieldProblem
from entrypoints.http.wire import RULES

_WHERE: Final = re.compile(r" - at (?:`key` in )?`\$([A-Za-z0-9_.\[\]]*)`$")
"""The path that msgspec adds. It is made of names of ours, indexes and ``[...]``, and never of a caller's text."""
_LONGEST_PATH: Final = 200
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_LONGEST_NAME: Final = 64
_RULE_OF: Final = {f"Expected `str` matching regex {pattern!r}": rule for pattern, rule in RULES.items()}
_LENGTH: Final = re.compile(r"Expected `(str|array|object)` of length (<=|>=) ([0-9]+)")
_COUNTED: Final = {"str": "characters", "array": "items", "object": "members"}
_BOUND: Final = {"<=": "at most", ">=": "at least"}


def field_problem(error: msgspec.ValidationError, type: Any) -> FieldProblem:
    """msgspec says ``… - at `$.assignments[0].code```; callers read ``/assignments/0/code``.

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
    words = _in_our_words(detail) or f"must be one of: {', '.join(values_at(type, steps))}"
    of_a_name = where is not None and "`key` in" in where[0]
    return FieldProblem(pointer(*steps), f"a name in it {words}" if of_a_name else words)


def _in_our_words(detail: str) -> str:
    """What was sent may be a code in the wrong place: it is not repeated. Nor is a pattern, which helps no fan.

    Empty for one of several values that are allowed: the type knows them."""
    if detail.startswith("Object contains unknown"):
        return "is not a known field"
    if detail.startswith("Invalid enum value"):
        return ""
    if (rule := _RULE_OF.get(detail)) is not None:
        return rule
    if detail.startswith("Object missing required field"):
        return "is missing"
    if length := _LENGTH.fullmatch(detail[:_LONGEST_PATH]):
        return f"must have {_BOUND[length[2]]} {length[3]} {_COUNTED[length[1]]}"
    return detail


def pointer(*steps: str) -> str:
    """An RFC 6901 pointer; names that callers made up are cut to a length that no answer grows with."""
    return "".join("/" + step[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for step in steps)
