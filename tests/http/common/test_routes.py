"""What holds for every route and every error there is, and for those still to come."""

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from domain.model.errors import DomainError
from entrypoints.http.call import Call
from entrypoints.http.operation import WHO, Operation
from entrypoints.http.operations import OPERATIONS
from entrypoints.http.request.guards import fan, oneself, without_token
from entrypoints.http.response.refusals import GATES, REFUSALS
from entrypoints.http.wire import RULES
from tests.support.operations import declared_in, where

OPEN = {"livez", "readyz", "metrics", "openapi", "asyncapi", "docs", "listDraws", "getDraw"}


def refusals(error: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every error of the model."""
    for kind in error.__subclasses__():
        yield kind
        yield from refusals(kind)


def test_every_refusal_of_the_model_has_a_status() -> None:
    assert set(refusals()) == set(REFUSALS), "entrypoints/http/response/refusals.py"
    statuses = {refusal.status for refusal in REFUSALS.values()}
    assert all(400 <= status < 500 or status == 503 for status in statuses)


def test_every_refusal_has_a_stable_code_of_its_own_and_a_message() -> None:
    codes = [error.code for error in refusals()]

    assert len(codes) == len(set(codes))
    assert all(code.islower() and "." in code for code in codes)
    assert all(error.__doc__ for error in refusals())
    assert all(gate.startswith("gate.") for gate in GATES)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_declares_who_may_call_and_what_it_promises(operation: Operation) -> None:
    assert operation.guard in WHO
    if operation.documented:
        assert operation.public == (operation.id in OPEN), where(operation)
    else:
        assert operation.public, where(operation)
    assert operation.summary
    assert operation.answers
    assert not operation.documented or all(
        answer.example is not None or answer.media for status, answer in operation.answers.items() if status != 204
    ), where(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_handler_gets_what_its_operation_declares(operation: Operation) -> None:
    given = operation.body if operation.reads_body and operation.body else operation.query

    hints = typing.get_type_hints(operation.handler)
    assert next(iter(hints.values())) == Call[given or type(None)], where(operation)  # type: ignore[misc]  # mypy wants a type, not a value
    assert operation.body is None or operation.query is None, where(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_what_can_go_wrong_is_declared_at_the_use_cases(operation: Operation) -> None:
    assert operation.use_cases or operation.public, where(operation)
    for use_case in operation.use_cases:
        assert "raises" in vars(use_case), f"{declared_in(use_case)}: declare raises"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_calls_of_fans_and_of_everyone_are_counted_and_no_others(operation: Operation) -> None:
    counted = operation.guard in {fan, oneself, without_token}

    kind = "reads" if operation.method == "GET" else "writes"
    assert operation.limit == (kind if counted else None), where(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_with_a_token_has_a_scope(operation: Operation) -> None:
    assert (operation.scope is None) == operation.public, where(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_that_changes_something_is_audited_and_no_other(operation: Operation) -> None:
    """A GET reads, but for the one that holds codes."""
    changes = not operation.public and (operation.method != "GET" or operation.deprecated)

    assert (operation.audit is not None) == changes, where(operation)
    if operation.audit is not None and not operation.deprecated:
        assert operation.audit.operation == operation.id, where(operation)


def patterns_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from patterns_in(item)
    elif isinstance(schema, dict):
        for name, value in schema.items():
            yield from [value] if name == "pattern" and isinstance(value, str) else patterns_in(value)


def test_every_pattern_of_a_request_has_a_rule_in_words() -> None:
    """A pattern quoted to a fan helps no fan."""
    structs = [struct for one in OPERATIONS for struct in (one.body, one.query) if struct is not None]
    _, components = msgspec.json.schema_components(structs)

    assert set(patterns_in(list(components.values()))) == set(RULES)
