"""What holds for every route and every error there is, and for those still to come."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

from domain.model.errors import DomainError
from entrypoints.http.app import ROUTES
from entrypoints.http.operation import KEY, WHO, Operation
from entrypoints.http.pages import docs_asset, root
from entrypoints.http.request.guards import public
from entrypoints.http.response.problems import STATUS_OF
from entrypoints.http.wire import RULES

OPEN = {"livez", "readyz", "metrics", "openapi", "asyncapi", "docs"}


def refusals(error: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every error of the model."""
    for kind in error.__subclasses__():
        yield kind
        yield from refusals(kind)


def test_every_refusal_of_the_model_has_a_status() -> None:
    assert set(refusals()) == set(STATUS_OF)
    assert all(400 <= status < 500 or status == 503 for status in STATUS_OF.values())


def test_every_refusal_has_a_stable_code_of_its_own_and_a_message() -> None:
    codes = [error.code for error in refusals()]

    assert len(codes) == len(set(codes))
    assert all(code.islower() and "." in code for code in codes)
    assert all(error.__doc__ for error in refusals())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.handler_name))
def test_every_route_declares_who_may_call_and_what_it_promises(route: HTTPRouteHandler) -> None:
    assert route.before_request in WHO
    if route in (docs_asset, root):
        assert route.before_request is public
        return
    operation = route.opt[KEY]
    assert isinstance(operation, Operation)
    assert (route.before_request is public) == (operation.id in OPEN)
    assert operation.summary
    assert operation.answers
    assert all(
        answer.example is not None or answer.media for status, answer in operation.answers.items() if status != 204
    )


def patterns_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for item in schema:
            yield from patterns_in(item)
    elif isinstance(schema, dict):
        for name, value in schema.items():
            yield from [value] if name == "pattern" and isinstance(value, str) else patterns_in(value)


def test_every_pattern_of_a_request_has_a_rule_in_words() -> None:
    """A pattern quoted to a fan helps no fan."""
    operations = [route.opt[KEY] for route in ROUTES if KEY in route.opt]
    structs = [struct for one in operations for struct in (one.body, one.query) if struct is not None]
    _, components = msgspec.json.schema_components(structs)

    assert set(patterns_in(list(components.values()))) == set(RULES)
