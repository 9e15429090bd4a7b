"""Separators of CSV files, and the line ``sep=;`` with which a file names its own."""

from typing import Final

SEPARATORS: Final = (",", ";", "\t", "|")


def declared_separator(line: str) -> str | None:
    """The separator that a line such as ``sep=;`` names. Excel writes and reads such a first line."""
    name, _, separator = line.strip(' "').partition("=")
    return separator if name.lower() == "sep" and separator in SEPARATORS else None
