"""Schemas and docstrings for callers: without the sources of rules, and without what only Python understands."""

import re
from collections.abc import Mapping
from typing import Any, Final

_SOURCE: Final = re.compile(r"\s*\([^()]*\bREQ-\d+[^()]*\)")
"""The source of a rule in a docstring."""
_END_IN_PYTHON: Final = re.compile(r"\$\(\?!\\n\)|\\Z")
"""The end of the text. Python's ``$`` lets a line feed through; that of JSON Schema does not."""


def for_callers(text: str) -> str:
    """A docstring for readers outside."""
    return _SOURCE.sub("", text).replace("``", "`")


def in_ecma(pattern: str) -> str:
    """A Python pattern in the dialect of JSON Schema (ECMA-262)."""
    return _END_IN_PYTHON.sub("$", pattern)


def public(schema: Any) -> Any:
    """A schema without what breaks generated clients.

    No ``default``: generators take it for a member that is always there.
    """
    if isinstance(schema, list):
        return [public(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _member(name, value) for name, value in schema.items() if not _is_default(name, value)}


def _is_default(name: str, value: object) -> bool:
    """A property may be called ``default``, too; then it is a schema."""
    return name == "default" and not isinstance(value, Mapping)


def _member(name: str, value: Any) -> Any:
    match name, value:
        case "description", str():
            return for_callers(value)
        case "pattern", str():
            return in_ecma(value)
        case (("const" | "enum" | "example" | "examples"), _):
            return value
        case _:
            return public(value)
