"""The rules of the house that neither the linters nor import-linter can hold."""

import ast
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT

PRODUCT: Final = ("domain", "ports", "adapters", "entrypoints")
LONGEST_FUNCTION: Final = 40
LONGEST_MODULE: Final = 260
CORE_ASYNCIO: Final = {"gather", "sleep"}
"""What the core may use of asyncio: nothing that can outlive a call."""
CORE_TASKS: Final = {
    "domain/usecases/codes/import_codes.py": {"Task", "create_task"},
    "domain/usecases/draws/keep_claim.py": {"create_task"},
}
"""An import writes one batch while it reads the next. The claim on a draw is renewed while a process works on it.
Their use-case tests show that no write outlives them."""
PUBLIC: Final = {"_exit"}
"""os._exit is documented for all callers, in spite of its name."""
SILENCED: Final = re.compile(r"#\s*(?:type: ignore(?:\[[^]]*\])?|(?:ruff: )?noqa(?:: ?[A-Z]+[0-9]+)?)(.*)")
IMPORTS: Final = re.compile(
    r"^[ \t]*(?:from|import)\b(?:[^\n(\\]|\\\n)*(?:\((?:[^)#]|#[^\n]*)*\))?", re.MULTILINE
)  # fmt: skip
PRIVATE: Final = re.compile(r"\b_(?!_)\w")
MAY_SILENCE: Final = re.compile("type: ignore|noqa")
KAFKA_PRIVATE: Final = {"_closed", "_sender"}
"""aiokafka has no public way to close a producer at once: see adapters/kafka/producers.py."""


def modules(*floors: str) -> Iterator[Path]:
    for floor in floors:
        yield from sorted((ROOT / floor).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_private(text: str) -> bool:
    return text.startswith("_") and not text.startswith("__")


def test_no_function_is_longer_than_a_screen() -> None:
    functions = [
        (node.end_lineno - node.lineno + 1, f"{name(path)}:{node.lineno} {node.name}")
        for path in modules(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert functions
    assert [where for lines, where in functions if lines > LONGEST_FUNCTION] == []


def test_no_module_is_long() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PRODUCT)}
    assert {path: count for path, count in lines.items() if count > LONGEST_MODULE} == {}


@pytest.mark.parametrize("floor", [*PRODUCT, "tests"])
def test_no_module_imports_a_private_name_of_another(floor: str) -> None:
    imported = [
        f"{name(path)}:{node.lineno} {part}"
        for path in modules(floor)
        if any(map(PRIVATE.search, IMPORTS.findall(path.read_text(encoding="utf-8"))))  # To parse takes longer.
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for part in parts_of(node)
        if is_private(part)
    ]
    assert imported == []


def parts_of(node: ast.ImportFrom | ast.Import) -> Iterator[str]:
    for alias in node.names:
        yield from alias.name.split(".")
    if isinstance(node, ast.ImportFrom) and node.module:
        yield from node.module.split(".")


def test_no_module_reads_a_private_attribute_of_another() -> None:
    """An attribute that begins with _ is read through self, or in the module that defines it."""
    assert [found for path in modules(*PRODUCT) for found in foreign_in(path)] == []


def foreign_in(path: Path) -> Iterator[str]:
    module = tree(path)
    known = PUBLIC | defined_in(module) | (KAFKA_PRIVATE if "adapters/kafka/" in name(path) else set())
    for node in ast.walk(module):
        if not isinstance(node, ast.Attribute) or (isinstance(node.value, ast.Name) and node.value.id == "self"):
            continue
        if is_private(node.attr) and node.attr not in known:
            yield f"{name(path)}:{node.lineno} {ast.unparse(node)}"


def defined_in(module: ast.Module) -> set[str]:
    """The names of the module's functions, and those of the attributes and fields that it sets."""
    found: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                found.add(node.attr)
            case ast.AnnAssign(target=ast.Name(id=field)):
                found.add(field)
    return found


def test_each_silenced_warning_has_its_reason() -> None:
    """``# type: ignore[…]  # reason``, and the same behind ``noqa``."""
    floors = (*PRODUCT, "tests", "deploy")
    silenced = [
        (f"{name(path)}:{number}", found[1])
        for path in modules(*floors)
        for number, comment in comments(path)
        if (found := SILENCED.fullmatch(comment))
    ]
    assert silenced
    assert [where for where, reason in silenced if len(reason.strip(" #()")) < len("JSON")] == []


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Only of a file that may silence something: to read a file by its tokens takes long."""
    if not MAY_SILENCE.search(path.read_text(encoding="utf-8")):
        return
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def test_the_core_starts_nothing_that_outlives_a_call() -> None:
    used = [
        f"{name(path)}:{node.lineno} asyncio.{node.attr}"
        for path in modules("domain")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "asyncio"
        if node.attr not in CORE_ASYNCIO | CORE_TASKS.get(name(path), set())
    ]
    assert used == []
    assert not [path for path in modules("domain") if "from asyncio" in path.read_text(encoding="utf-8")]


def test_use_cases_have_no_state() -> None:
    """Each is a frozen dataclass of ports and settings."""
    use_cases = {
        f"{name(path)} {node.name}": node
        for path in modules("domain/usecases")
        for node in tree(path).body
        if isinstance(node, ast.ClassDef)
        if any(isinstance(part, ast.AsyncFunctionDef) and part.name == "__call__" for part in node.body)
    }
    assert use_cases
    frozen = {where for where, node in use_cases.items() if "frozen=True" in ast.unparse(node.decorator_list[0])}
    assert use_cases.keys() == frozen
