"""The OpenAPI document, and the page that shows it."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema
import openapi_spec_validator
import pytest

from domain.model.errors import DomainError
from domain.model.registrations.errors import GatesClosed
from entrypoints.http.operation import WHO
from entrypoints.http.request.guards import oneself
from entrypoints.http.response.refusals import REFUSALS
from tests.support.operations import DOCUMENTED
from tests.support.scene import Scene
from tests.support.servers.service import Service
from tests.support.without_tls import NO_TLS

PUBLIC = {"listDraws", "getDraw"}
"""Of a campaign, and without a token."""

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(running: Service) -> Document:
    answer = httpx2.get(f"{running.url}/openapi.json", verify=NO_TLS)
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def operations(document: Document) -> list[tuple[str, str, Document]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi_3_1(document: Document) -> None:
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


def test_it_has_every_operation_and_no_other(document: Document) -> None:
    """That these are the operations of the README, a test of the documents holds."""
    there = {(operation.method, operation.path) for operation in DOCUMENTED}
    assert {(method.upper(), path) for path, method, _ in operations(document)} == there


def test_every_operation_has_an_id_of_its_own_examples_and_its_problems(document: Document) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for path, _, operation in operations(document):
        assert operation["summary"]
        assert all(("example" in parameter) is parameter["required"] for parameter in operation["parameters"])
        assert all(parameter["description"] for parameter in operation["parameters"])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in media
        for response in operation["responses"].values():
            assert "X-Request-Id" in response["headers"]
            assert all("example" in media or "examples" in media for media in response.get("content", {}).values())
        assert {"408", "431", "500", "503"} <= set(operation["responses"])
        if "{campaignId}" in path:
            assert {"200", "201", "202", "204"} & set(operation["responses"])
            assert {"422", "503"} <= set(operation["responses"])
            public = operation["operationId"] in PUBLIC
            assert ({"401", "403"} <= set(operation["responses"])) is not public
            assert operation["security"] == ([] if public else [{"bearer": []}])
            assert operation["description"]
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            assert {"400", "413", "415"} <= set(operation["responses"])


def test_every_example_fits_its_schema(document: Document) -> None:
    def check(media: Document) -> None:
        shown = [media["example"]] if "example" in media else [one["value"] for one in media["examples"].values()]
        schema = media["schema"] | {"components": document["components"]}
        for example in shown:
            jsonschema.validate(example, schema)

    for _, _, operation in operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for answer in [*bodies, *operation["responses"].values()]:
            for media in answer.get("content", {}).values():
                if "schema" in media:
                    check(media)


def parts(node: Any) -> Iterator[Document]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts(inner)


def test_nothing_is_in_it_that_generated_clients_stumble_over(document: Document) -> None:
    text = json.dumps(document)
    assert "REQ-" not in text
    assert document["servers"]
    for part in parts(document):
        assert isinstance(part.get("default", {}), dict)
        pattern = part.get("pattern")
        assert not isinstance(pattern, str) or not re.search(r"\(\?|\\[AZz]", pattern.replace("(?:", "("))


def test_every_description_says_who_may_call(document: Document) -> None:
    for _, _, operation in operations(document):
        assert operation["description"].endswith(tuple(WHO.values()))


def test_administrators_are_promised_other_fans_only_where_a_fan_can_be_named(document: Document) -> None:
    told = {operation["operationId"]: operation["description"] for _, _, operation in operations(document)}
    own = {name for name, description in told.items() if description.endswith(WHO[oneself])}
    assert own == {"getMyEntry", "listMyCodes", "listMyDraws", "withdrawMyEntry", "confirmPhone", "resendCode"}


def test_every_problem_is_told_apart_by_its_code(document: Document) -> None:
    schemas = document["components"]["schemas"]
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            media = answer.get("content", {}).get("application/problem+json")
            if media is None:
                continue
            references = [one["$ref"] for one in media["schema"].get("oneOf", [media["schema"]])]
            told = [schemas[reference.rpartition("/")[2]]["properties"] for reference in references]
            assert [one["code"]["const"] for one in told] == list(media["examples"])
            assert {one["status"]["const"] for one in told} == {int(status)}


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: error.__name__)
def test_what_an_error_tells_beside_its_code_is_documented(error: type[DomainError]) -> None:
    own = inspect.signature(error).parameters.values()
    made = (
        error(**{one.name: 1 for one in own if one.kind in {one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD}})
        if (error is not GatesClosed)
        else GatesClosed(["gate.card_required"])
    )
    assert set(made.context) == {member.name for member in REFUSALS[error].members if not member.optional}


def test_the_get_that_writes_is_deprecated(document: Document) -> None:
    assert [
        operation["operationId"] for _, _, operation in operations(document) if operation.get("deprecated")
    ] == ["reserveCodesByGet"]


def test_real_answers_fit_the_schemas(scene: Scene, document: Document) -> None:
    scene.stock("A1", "A2")
    reservation = scene.post("reserve", {"type": "tm", "count": 1})
    assignment = {"code": reservation.json()["codes"][0], "userId": "ann"}
    answers = {
        "reserveCodes": reservation,
        "assignCodes": scene.post(
            "assign", {"reserveId": reservation.json()["reserveId"], "assignments": [assignment]}
        ),
        "releaseCodes": scene.post("release", {"reserveId": reservation.json()["reserveId"]}),
        "importCodes": scene.load("A3\n\x00\n"),
        "listCodes": scene.get("codes"),
        "countCodes": scene.get("codes/count"),
        "listImports": scene.get("codes/imports"),
        "listMyCodes": scene.get("codes/mine"),
        "getCodeHistory": scene.get("codes/history", params={"code": assignment["code"]}),
        "readyz": scene.http.get("/readyz"),
    }
    by_id = {operation["operationId"]: operation for _, _, operation in operations(document)}
    for id, answer in answers.items():
        schema = by_id[id]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), schema | {"components": document["components"]})


def test_the_page_needs_nothing_but_the_service(running: Service) -> None:
    page = httpx2.get(f"{running.url}/docs", verify=NO_TLS)
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("<!doctype html>", "")
    needed = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert len(needed) == 3
    types = {
        path: httpx2.get(running.url + path, verify=NO_TLS).headers["content-type"].partition(";")[0]
        for path in needed
    }
    assert set(types.values()) == {"text/css", "text/javascript"}


def test_the_page_may_load_nothing_from_elsewhere(running: Service) -> None:
    policy = httpx2.get(f"{running.url}/docs", verify=NO_TLS).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "http" not in policy
    script = httpx2.get(f"{running.url}/docs/docs.js", verify=NO_TLS).text
    assert json.dumps("/openapi.json") in script


@pytest.mark.parametrize("asset", ["nope.js", "..%2fapp.py", "%2e%2e/app.py", "LICENSE"])
def test_only_the_assets_of_the_page_are_served(running: Service, asset: str) -> None:
    assert httpx2.get(f"{running.url}/docs/{asset}", verify=NO_TLS).status_code == 404
