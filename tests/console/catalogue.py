"""The catalogue of texts, drawn from templates and modules. As a program, it writes the file for translators."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from entrypoints.console.rendering import HERE
from entrypoints.console.text import LOCALE

FILE: Final = LOCALE / "console.pot"
METHODS: Final = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS: Final = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2), "text": None}


def drawn() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Each text, and the file it stands in."""
    found = extract_from_dir(HERE, METHODS, OPTIONS, keywords=KEYWORDS)
    for file, _line, message, _comments, _context in sorted(found, key=lambda one: (one[0], one[1])):
        yield file, message


def kept() -> set[str | tuple[str, ...]]:
    """The texts in the file."""
    with FILE.open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    return {id if isinstance(id, str) else tuple(id) for id in ids}


def main() -> None:
    catalogue = Catalog(project="Fangate", header_comment="# Texts of Fangate's console.", fuzzy=False)
    for place, message in drawn():
        catalogue.add(message, locations=[(place, 0)])
    FILE.parent.mkdir(exist_ok=True)
    written = BytesIO()
    write_po(written, catalogue, width=115, omit_header=True, include_lineno=False, sort_by_file=True)
    FILE.write_bytes(written.getvalue().rstrip(b"\n") + b"\n")


if __name__ == "__main__":
    main()
