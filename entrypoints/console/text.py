"""Texts for people that stand in Python. The others stand in the templates; the catalogue has all of them."""

import gettext
from functools import cache
from pathlib import Path
from typing import Any, Final

LOCALE: Final = Path(__file__).parent / "locale"


def text(message: str) -> str:
    """Marks a text for the catalogue. It is translated where it is shown."""
    return message


@cache
def texts() -> gettext.NullTranslations:
    """Texts are written in English; a folder in ``locale`` adds a language."""
    return gettext.translation("console", LOCALE, fallback=True)


def counted(singular: str, plural: str, number: int) -> str:
    """For ``ngettext`` of templates: the number gets separators of thousands."""
    return texts().ngettext(singular, plural, number).replace("%(num)s", f"{number:,}")


def say(message: str, **values: Any) -> str:
    """A marked text, translated; numbers get separators of thousands."""
    shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    return texts().gettext(message).format(**shown)
