"""All texts are in one catalogue, ready to translate."""

import ast
import re
from pathlib import Path

import pytest

from entrypoints.console.rendering import HERE
from entrypoints.console.text import counted
from entrypoints.console.words import FACTS
from tests.console.catalogue import drawn, kept
from tests.support.paths import ROOT

TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
BARE = re.compile(r">([^<>{}]*[A-Za-z]{3}[^<>{}]*)<")
OWN = {"Fangate", "\u00b7 Fangate", "fangate token --sub me --supreme"}
"""Names, which no language changes."""


def test_the_catalogue_has_every_text_and_no_other() -> None:
    assert {message for _, message in drawn()} == kept(), "run: make texts"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_text_that_cannot_be_translated(template: Path) -> None:
    html = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert {found.strip() for found in BARE.findall(html)} - OWN == set()


def test_the_facts_of_every_error_have_words() -> None:
    """Of an error that is not shown in a form, the page shows them."""
    calls = [
        node
        for path in (ROOT / "domain").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"super().__init__", "Unavailable"}
    ]
    named = {keyword.arg for call in calls for keyword in call.keywords if keyword.arg}
    assert {"retryAfter", "available", "part"} <= named
    assert named <= FACTS.keys()


def test_counted_texts_have_separators_of_thousands() -> None:
    assert counted("%(num)s code", "%(num)s codes", 1) == "1 code"
    assert counted("%(num)s code", "%(num)s codes", 24_000) == "24,000 codes"
