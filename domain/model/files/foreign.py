"""Recognises files that are not a list, by their first bytes or lines.

People upload such files by mistake: a login page that they downloaded, an archive, a table that a program printed.
Each kind of file is a line in a table here. The texts are for people.
"""

import codecs
import json
import re
from collections.abc import Sequence
from typing import Final

# Long enough that no list of codes begins with one of them: a code may be "GIF8-2231" or "PAR1X".
_MAGIC: Final[Sequence[tuple[bytes, str]]] = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive or a workbook of Excel (xlsx)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of an old Excel (xls)"),
    *((b"BZh%d1AY&SY" % level, "a bzip2 archive") for level in range(1, 10)),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"%PDF-", "a PDF"),
    (b"PAR1\x15", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF87a", "a picture"),
    (b"GIF89a", "a picture"),
    (b"{\\rtf", "a document in RTF"),
    (b"\xff\xfe\x00\x00", "text in UTF-32"),
    (b"\x00\x00\xfe\xff", "text in UTF-32"),
)
_SHAPES: Final = (
    ("a page in HTML", r"<(?:!doctype html|html|head|body|script)"),
    ("a document in XML or HTML", r"<[!?/a-z][^>]*>"),
    (
        "a Git LFS pointer: the file itself is in the large file storage",
        r"version https?://[a-z.-]{0,50}/spec/v[0-9]",
    ),
    ("a document in JSON", r"[{\[]\s*[\"{}\[\]]"),
    ("a script in SQL", r"(?:insert\s+into|create\s+table|select|copy|begin|set|drop|use)\s[^;]{0,400};"),
)
_RULE: Final = re.compile(r"[\s|+:=-]+")
_RULE_OF_CSV: Final = re.compile(r"\s*[-=]{4,}\s*(?:[,;]\s*[-=]{2,}\s*)*")
"""Codes of dashes only do not exist, and ``---`` stands for an empty value."""
_SHORTEST_RULE: Final = 3
_WIDE: Final = 3
"""In UTF-16 text, at least every third byte is zero."""
_LINES_LOOKED_AT: Final = 5
_START: Final = 500
_KINDS: Final = tuple((name, re.compile(shape, re.IGNORECASE)) for name, shape in _SHAPES)


def foreign_bytes(head: bytes) -> str | None:
    """The kind of a file that begins with these bytes. None if it may be text in UTF-8."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return None if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else _wide_text(head[:200])


def _wide_text(head: bytes) -> str | None:
    """UTF-16 text without a byte order mark is valid UTF-8 with a zero byte beside each letter."""
    if head and head.count(0) * _WIDE >= len(head):
        return "text in UTF-16 or UTF-32 without its byte order mark"
    return None


def foreign_text(text: str) -> str | None:
    """The kind of a file that begins with this text. None if it may be a list."""
    start = text[:_START].lstrip()
    for name, shape in _KINDS:
        if shape.match(start):
            return name
    if _is_json(start):
        return "a document in JSON"
    lines = [line[:_START] for line in text.split("\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]]
    return "a table as a program prints it for people" if any(map(_is_rule, lines)) else None


def _is_json(start: str) -> bool:
    """Is it a short JSON array, such as ``[1, 2, 3]``?"""
    if not start.startswith("["):
        return False
    try:
        json.loads(start)
    except (ValueError, RecursionError):
        return False
    return True


def _is_rule(line: str) -> bool:
    """Is it the line under the column names: ``----+----``, ``| --- |``, ``+=====+``, ``----``, ``----,----``?"""
    if _RULE_OF_CSV.fullmatch(line):
        return True
    dashes = line.count("-") + line.count("=")
    if dashes < _SHORTEST_RULE or not _RULE.fullmatch(line):
        return False
    return "+" in line or "|" in line or dashes > 2 * _SHORTEST_RULE
