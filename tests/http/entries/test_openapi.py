"""What the OpenAPI document promises of registrations, and whether it is kept."""

from typing import Any

import httpx2
import jsonschema
import openapi_spec_validator
import pytest

from tests.http.entries.scene import Scene
from tests.support.servers.service import Service

Document = dict[str, Any]

ON_THE_WIRE = {"request.too_slow", "request.head_too_large", "service.busy"}
ALWAYS = ON_THE_WIRE | {
    "auth.unauthenticated",
    "auth.forbidden",
    "request.invalid",
    "service.internal",
    "service.unavailable",
}
WITH_A_BODY = {"request.malformed", "request.too_large", "request.unsupported_media_type"}
OPERATIONS = {
    ("POST", "/{campaignId}/entries"): WITH_A_BODY
    | {
        "campaign.not_found", "user.not_found", "campaign.not_open", "phone.unavailable", "gate.invite_required",
        "gate.linked_account_required", "gate.card_required", "phone.country", "confirmation.budget",
        "rate.limited",
    },
    ("GET", "/{campaignId}/entries/me"): {"entry.not_found", "rate.limited"},
    ("GET", "/{campaignId}/entries/{userId}"): {"entry.not_found", "rate.limited"},
    ("POST", "/{campaignId}/entries/confirm"): WITH_A_BODY
    | {
        "confirmation.invalid_token", "campaign.not_found", "campaign.not_open", "confirmation.superseded",
        "confirmation.expired", "confirmation.exhausted", "confirmation.wrong_code", "phone.unavailable",
        "confirmation.budget", "rate.limited",
    },
    ("POST", "/{campaignId}/entries/confirm/resend"): {
        "entry.not_found", "campaign.not_found", "campaign.not_open", "confirmation.not_pending",
        "phone.country", "phone.unavailable", "confirmation.superseded", "confirmation.too_soon",
        "confirmation.budget", "rate.limited",
    },
    ("POST", "/{campaignId}/phone-blocks/lift"): WITH_A_BODY | {"campaign.not_found"},
    ("POST", "/{campaignId}/phones/free"): WITH_A_BODY | {"campaign.not_found"},
    ("POST", "/{campaignId}/entries/scoring"): WITH_A_BODY
    | {"scoring.file_not_found", "scoring.file_unreadable", "scores.file_ambiguous"},
    ("GET", "/{campaignId}/entries/eligibility"): {"campaign.not_found"},
    ("GET", "/{campaignId}/entries/scoring"): {"campaign.not_found"},
    ("POST", "/{campaignId}/entries/selection"): WITH_A_BODY,
    ("POST", "/{campaignId}/entries/transfer"): WITH_A_BODY | {"campaign.not_found"},
    ("GET", "/{campaignId}/entries/count"): {"campaign.not_found"},
}  # fmt: skip
"""Every path of the contract, and the problems of its own."""


@pytest.fixture(scope="module")
def document(running: Service) -> Document:
    return dict(httpx2.get(f"{running.url}/openapi.json").json())


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


def test_it_is_valid_and_has_every_path_of_the_contract(document: Document) -> None:
    openapi_spec_validator.validate(document)
    assert set(operations(document)) == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_every_operation_names_all_its_problems(document: Document, operation: tuple[str, str]) -> None:
    assert problems(operations(document)[operation]) == ALWAYS | OPERATIONS[operation]


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_every_operation_has_examples_that_fit(document: Document, operation: tuple[str, str]) -> None:
    found = operations(document)[operation]
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
        "countEntries": [scene.get("entries/count")],
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
