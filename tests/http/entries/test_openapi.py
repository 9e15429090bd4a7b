"""What the OpenAPI document promises of registrations, and whether it is kept."""

from typing import Any

import httpx2
import jsonschema
import openapi_spec_validator
import pytest

from domain.model.registrations.errors import GatesClosed
from entrypoints.http.operation import Operation, raises_of
from entrypoints.http.response.refusals import GATES
from tests.support.operations import DOCUMENTED
from tests.support.scene import Scene
from tests.support.servers.service import Service
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

Document = dict[str, Any]

ON_THE_WIRE = {"request.too_slow", "request.head_too_large", "service.busy", "service.overloaded"}
ALWAYS = ON_THE_WIRE | {
    "auth.unauthenticated",
    "auth.forbidden",
    "auth.scope",
    "auth.campaign",
    "request.invalid",
    "service.internal",
    "service.unavailable",
}
WITH_A_BODY = {"request.malformed", "request.too_large", "request.unsupported_media_type"}
OF_ENTRIES = [pytest.param(operation, id=operation.id) for operation in DOCUMENTED if operation.tag == "Entries"]


@pytest.fixture(scope="module")
def document(running: Service) -> Document:
    return dict(httpx2.get(f"{running.url}/openapi.json", verify=NO_TLS).json())


def promised(operation: Operation) -> set[str]:
    """The codes of what its use cases raise, and of what the limiter and the reader of bodies refuse."""
    errors = {error for use_case in operation.use_cases for error in raises_of(use_case)}
    codes = {error.code for error in errors if error is not GatesClosed}
    codes |= set(GATES) if GatesClosed in errors else set()
    codes |= {"rate.limited"} if operation.limit else set()
    return codes | (WITH_A_BODY if operation.body is not None else set())


def operations(document: Document) -> dict[tuple[str, str], Document]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["tags"] == ["Entries"]
    }


def problems(operation: Document) -> set[str]:
    shown = [
        response["content"]["application/problem+json"]["examples"]
        for response in operation["responses"].values()
        if "application/problem+json" in response.get("content", {})
    ]
    return {code for examples in shown for code in examples}


def test_it_is_valid(document: Document) -> None:
    openapi_spec_validator.validate(document)


@pytest.mark.parametrize("operation", OF_ENTRIES)
def test_every_operation_names_all_its_problems(document: Document, operation: Operation) -> None:
    found = operations(document)[operation.method, operation.path]

    assert problems(found) == ALWAYS | promised(operation)


@pytest.mark.parametrize("operation", OF_ENTRIES)
def test_every_operation_has_examples_that_fit(document: Document, operation: Operation) -> None:
    found = operations(document)[operation.method, operation.path]
    bodies = [found["requestBody"]] if "requestBody" in found else []

    assert found["operationId"]
    assert found["summary"]
    assert found["description"]
    assert found["security"] == [{"bearer": []}]
    assert all(("example" in parameter) is parameter["required"] for parameter in found["parameters"])
    for holder in [*bodies, *found["responses"].values()]:
        for media in holder.get("content", {}).values():
            shown = (
                [media["example"]] if "example" in media else [one["value"] for one in media["examples"].values()]
            )
            assert shown
            for example in shown:
                jsonschema.validate(example, media["schema"] | {"components": document["components"]})
    for parameter in found["parameters"]:
        if "example" in parameter:
            schema = parameter["schema"] | {"components": document["components"]}
            jsonschema.validate(parameter["example"], schema)


def test_headers_that_always_come_are_promised_and_no_others(document: Document) -> None:
    confirm = operations(document)["POST", "/{campaignId}/entries/confirm"]["responses"]
    resend = operations(document)["POST", "/{campaignId}/entries/confirm/resend"]["responses"]

    assert set(resend["429"]["headers"]) == {"X-Request-Id", "Retry-After"}
    assert set(confirm["429"]["headers"]) == {"X-Request-Id"}
    assert set(confirm["503"]["headers"]) == {"X-Request-Id", "Retry-After"}
    assert set(confirm["401"]["headers"]) == {"X-Request-Id", "WWW-Authenticate"}


def test_real_answers_fit_the_schemas(scene: Scene, document: Document) -> None:
    ann, bob = scene.fan("ann", email=None), scene.fan("bob")
    registered = ann.register(optIns={"news": True})
    answers = {
        "register": [registered, ann.register(markets=["sfo"]), bob.register(), bob.register(phone="911")],
        "confirmPhone": [bob.confirm(bob.registered(), "000000"), ann.confirm(registered.json())],
        "resendCode": [ann.post("entries/confirm/resend", None), bob.post("entries/confirm/resend", None)],
        "getMyEntry": [ann.get("entries/me"), bob.get("entries/me")],
        "getEntry": [scene.get(f"entries/{ann.id}"), ann.get(f"entries/{bob.id}")],
        "liftPhoneBlock": [scene.post("phone-blocks/lift", {"phone": ann.phone})],
        "freePhone": [scene.post("phones/free", {"phone": ann.phone})],
        "scoreEntries": [
            scene.post("entries/scoring", {"records": [{"userId": user, "score": 7} for user in (ann.id, "zoe")]}),
            scene.post("entries/scoring", {"records": [{"userId": "a b"}]}),
            scene.post("entries/scoring", {"key": f"scoring/{scene.campaign}/none"}),
        ],
        "countEligible": [scene.get("entries/eligibility"), scene.get("entries/eligibility?maxRank=9")],
        "rankEligible": [scene.get("entries/scoring"), scene.get("entries/scoring?cursor=x")],
        "selectEntries": [scene.post("entries/selection", {"userIds": [ann.id, bob.id], "selection": "selected"})],
        "transferEntries": [scene.post("entries/transfer", {"from": "nyc", "to": "bos"})],
        "withdrawMyEntry": [scene.ask("DELETE", "entries/me", headers=bearer(bob.id, supreme=False))],
        "withdrawEntry": [scene.ask("DELETE", f"entries/{user}", headers=bearer()) for user in (ann.id, "zoe")],
        "countEntries": [scene.get("entries/count")],
        "readHistogram": [scene.get("entries/scoring/histogram"), scene.get("entries/scoring/histogram?bins=0")],
        "readTimeline": [scene.get("entries/timeline?unit=day"), scene.get("entries/timeline?unit=week")],
        "listEntries": [scene.get("entries"), scene.get("entries?phone=1"), scene.get("entries?scored=true")],
    }
    by_id = {operation["operationId"]: operation for operation in operations(document).values()}

    assert set(answers) == set(by_id)
    for id, given in answers.items():
        for answer in given:
            response = by_id[id]["responses"][str(answer.status_code)]
            assert all(header in answer.headers for header in response["headers"])
            if answer.content:
                schema = response["content"][answer.headers["content-type"]]["schema"]
                jsonschema.validate(answer.json(), schema | {"components": document["components"]})
            else:
                assert "content" not in response
