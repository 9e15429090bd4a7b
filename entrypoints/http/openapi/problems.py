"""The part of the OpenAPI document about what can go wrong."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from domain.model.errors import InvalidValue
from entrypoints.http.openapi.possible_problems import PossibleProblem, problems_of
from entrypoints.http.openapi.text import public
from entrypoints.http.operation import Operation
from entrypoints.http.response.problems import MEDIA_TYPE, ProblemBody
from entrypoints.http.response.refusals import GATES

Schema = dict[str, Any]

_SCHEMAS: Final = "#/components/schemas/"
_REQUEST_ID: Final = {"X-Request-Id": "Names this answer in the logs; the caller's own, if it sent a sane one"}


def problem_schemas(operations: Iterable[Operation]) -> dict[str, Schema]:
    """A schema for each problem, so that clients can distinguish them by ``code``."""
    found = {
        problem.name: _schema(problem)
        for operation in operations
        for problems in problems_of(operation).values()
        for problem in problems
    }
    _, shared = msgspec.json.schema_components([ProblemBody], ref_template=f"{_SCHEMAS}{{name}}")
    return dict(sorted((found | public(shared)).items()))


def _schema(problem: PossibleProblem) -> Schema:
    (body, *_), components = msgspec.json.schema_components([ProblemBody], ref_template=f"{_SCHEMAS}{{name}}")
    whole = public(components[body["$ref"].removeprefix(_SCHEMAS)])
    exact = {
        "code": {"type": "string", "const": problem.code},
        "status": {"type": "integer", "const": problem.status},
    }
    more = {member.name: member.schema for member in problem.members}
    always = [
        *whole["required"],
        *(member.name for member in problem.members if not member.optional),
        *(["errors"] if problem.has_errors else []),
    ]
    return {
        "type": "object",
        "title": problem.name,
        "description": problem.title,
        "properties": whole["properties"] | exact | more,
        "required": always,
    }


def problem_document(problems: Iterable[PossibleProblem]) -> Schema:
    """The OpenAPI Response Object of one status."""
    problems = list(problems)
    return {
        "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
        "headers": headers_document(_headers_of(problems)),
        "content": {
            MEDIA_TYPE: {
                "schema": _any_of(problems),
                "examples": {problem.code: {"value": _example(problem)} for problem in problems},
            }
        },
    }


def _any_of(problems: Sequence[PossibleProblem]) -> Schema:
    """One of them, distinguished by ``code``."""
    references = {problem.code: f"{_SCHEMAS}{problem.name}" for problem in problems}
    if len(references) == 1:
        return {"$ref": references[problems[0].code]}
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "code", "mapping": references},
    }


def _headers_of(problems: Iterable[PossibleProblem]) -> Mapping[str, str]:
    """The headers that every problem of this status has."""
    each = [problem.headers for problem in problems]
    return {name: each[0][name] for name in each[0] if all(name in headers for headers in each)}


def headers_document(headers: Mapping[str, str]) -> Schema:
    """Headers that this answer always has, the request's id among them."""
    return {
        name: {"description": meaning, "required": True, "schema": {"type": "string"}}
        for name, meaning in (_REQUEST_ID | dict(headers)).items()
    }


def _example(problem: PossibleProblem) -> Schema:
    example: Schema = {
        "type": f"urn:fangate:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.title,
        "code": problem.code,
        "requestId": "4be0f1a0c2c94f6f",
    }
    if problem.code == InvalidValue.code:
        example["errors"] = [{"pointer": "/type", "detail": "must be one of: tm, external"}]
        example["detail"] = "/type must be one of: tm, external"
    if gate := GATES.get(problem.code):
        example["errors"] = [{"pointer": gate.pointer, "detail": gate.detail, "code": problem.code}]
        example["detail"] = f"{gate.pointer} {gate.detail}".strip()
    return example | {member.name: member.example for member in problem.members if not member.optional}
