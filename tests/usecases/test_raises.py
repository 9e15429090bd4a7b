"""What a use case can raise, it declares: ``raises`` is read from its source and from the promises of its ports.

The test reads the ``raise`` statements of the use case, of the use cases that it calls, and of the functions of
the model that it calls, which it knows by name; and the errors that the docstrings of its ports name. It does not
follow generators and functions that are passed on, so a use case may declare more than is found here.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import domain.model
import domain.usecases
from domain.model.errors import DomainError, Unavailable
from domain.model.registrations.errors import EntryNotFound, PhoneUnavailable
from domain.usecases.registrations.free_phone import FreePhone

Errors = set[type[DomainError]]


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def kinds(error: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds(kind)


MODEL = list(modules(domain.model))
USE_CASES = {
    value: module
    for module in modules(domain.usecases)
    for value in vars(module).values()
    if inspect.isclass(value) and value.__module__ == module.__name__ and "raises" in vars(value)
}
ERRORS = {kind.__name__: kind for kind in kinds() if kind is not Unavailable}
NEVER: dict[type, Errors] = {FreePhone: {PhoneUnavailable, EntryNotFound}}
"""The first is promised by a port, but not for what the use case asks of it: it only unsets a confirmation. The
second it catches itself."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: ModuleType) -> Iterator[Function]:
    """All of a module, methods too."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        if isinstance(node, Function):
            yield node


def raised(node: ast.AST) -> Errors:
    """By ``raise`` statements, of an error or of what a function makes."""
    found = [one.exc for one in ast.walk(node) if isinstance(one, ast.Raise) and one.exc is not None]
    names = {name.id for error in found for name in ast.walk(error) if isinstance(name, ast.Name)}
    return {ERRORS[name] for name in names if name in ERRORS}


def caught(node: ast.AST) -> Errors:
    handlers = [one.type for one in ast.walk(node) if isinstance(one, ast.ExceptHandler) and one.type is not None]
    names = {name.id for one in handlers for name in ast.walk(one) if isinstance(name, ast.Name)}
    return {ERRORS[name] for name in names if name in ERRORS}


def called(node: ast.AST) -> set[str]:
    """Names of functions and methods; ``self.a.b`` is ``a.b``, ``self.a`` called is ``a.__call__``."""
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return {ast.unparse(function) for function in calls}


def of_model() -> dict[str, Errors]:
    """What functions and methods of the model raise, by their names."""
    found: dict[str, Errors] = {}
    for module in MODEL:
        for function in functions(module):
            found.setdefault(function.name, set()).update(raised(function))
    return {name: errors for name, errors in found.items() if errors}


IN_MODEL = of_model()


def of_port(port: Any, method: str) -> Errors:
    """The errors that the docstrings of a port and of its method name."""
    texts = [inspect.getdoc(port) or "", inspect.getdoc(getattr(port, method, None)) or ""]
    return {ERRORS[name] for name in re.findall(r"\w+", " ".join(texts)) if name in ERRORS}


def can_raise(use_case: type, method: str = "__call__", seen: set[tuple[type, str]] | None = None) -> Errors:
    seen = set() if seen is None else seen
    if (use_case, method) in seen:
        return set()
    seen.add((use_case, method))
    module = USE_CASES[use_case]
    known = {function.name: function for function in functions(module)}
    if method not in known:
        return set()
    fields = typing.get_type_hints(use_case)
    found: Errors = raised(known[method])
    for name in called(known[method]):
        first, _, rest = name.removeprefix("self.").partition(".")
        target = fields.get(first) if name.startswith("self.") else None
        if target in USE_CASES:
            found |= can_raise(target, rest or "__call__", seen)
        elif target is not None:
            found |= of_port(target, rest)
        elif first in known and not rest:
            found |= can_raise(use_case, first, seen)
        else:
            found |= IN_MODEL.get(name.rpartition(".")[2], set())
    return found - caught(known[method])


@pytest.mark.parametrize("use_case", USE_CASES, ids=lambda use_case: use_case.__name__)
def test_a_use_case_declares_what_it_can_raise(use_case: type) -> None:
    missing = can_raise(use_case) - set(vars(use_case)["raises"]) - NEVER.get(use_case, set())

    assert missing == set(), f"{inspect.getfile(use_case)}: add them to raises"
