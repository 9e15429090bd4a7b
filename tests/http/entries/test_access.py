"""Who may call what (entry-service REQ-007), and what holds for every operation of registrations there is."""

import time
from typing import Any

import jwt
import pytest

from entrypoints.http.operation import Operation
from entrypoints.http.request.guards import Guard, fan, oneself, supreme
from tests.support.answers import assert_problem
from tests.support.operations import DOCUMENTED, path_in_campaign, where
from tests.support.scene import Scene
from tests.support.servers.service import SECRET
from tests.support.tokens import bearer, token

OF_ONESELF = {"confirmPhone", "resendCode", "getMyEntry", "withdrawMyEntry"}
OF_FANS = {"register", "getEntry"} | OF_ONESELF
"""All others are of staff."""
JSON = {"Content-Type": "application/json"}


def of_entries(*guards: Guard) -> list[Any]:
    """The operations of registrations that have one of these guards."""
    return [
        pytest.param(operation, id=operation.id)
        for operation in DOCUMENTED
        if operation.tag == "Entries" and (not guards or operation.guard in guards)
    ]


def call(scene: Scene, operation: Operation, headers: dict[str, str], content: bytes | None = None) -> Any:
    return scene.ask(operation.method, path_in_campaign(operation), headers=headers, content=content)


@pytest.mark.parametrize("operation", of_entries())
def test_every_operation_declares_who_may_call_and_what_it_promises(operation: Operation) -> None:
    of_fans = oneself if operation.id in OF_ONESELF else fan
    assert operation.guard is (of_fans if operation.id in OF_FANS else supreme), where(operation)
    assert operation.description, where(operation)
    assert operation.raises, where(operation)


@pytest.mark.parametrize("operation", of_entries())
@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Authorization": "Bearer x"}, {"Authorization": token()}, {"Authorization": "Basic c3RhZmY6c3RhZmY="},
        bearer(secret="another secret, long enough for HS256"), bearer(exp=1_700_000_000), bearer("a\nb"),
    ],
    ids=["none", "nonsense", "no scheme", "basic", "badly signed", "expired", "no user"],
)  # fmt: skip
def test_without_a_good_token_every_operation_is_a_401(
    scene: Scene, operation: Operation, headers: dict[str, str]
) -> None:
    refused = call(scene, operation, headers | JSON, b"{")

    assert_problem(refused, 401, "auth.unauthenticated")
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", of_entries(supreme))
@pytest.mark.parametrize("claim", ["true", 1, [True], None])
def test_with_a_fans_token_every_operation_of_staff_is_a_403(
    scene: Scene, operation: Operation, claim: Any
) -> None:
    """``supreme`` is the boolean and nothing like it."""
    claims = {"sub": "ann", "exp": int(time.time()) + 3_600} | ({} if claim is None else {"supreme": claim})
    signed = jwt.encode(claims, SECRET, algorithm="HS256")

    refused = call(scene, operation, JSON | {"Authorization": f"Bearer {signed}"}, b"{")

    assert_problem(refused, 403, "auth.forbidden")


@pytest.mark.parametrize("operation", of_entries(fan, oneself))
def test_with_a_fans_token_the_operations_of_fans_are_reached(scene: Scene, operation: Operation) -> None:
    answer = call(scene, operation, bearer("somebody", supreme=False))

    assert answer.status_code in {400, 404}


@pytest.mark.parametrize("operation", of_entries(supreme))
def test_with_a_supreme_token_the_operations_of_staff_are_reached(scene: Scene, operation: Operation) -> None:
    """Some of them find nothing there."""
    answer = call(scene, operation, bearer())

    assert answer.status_code in {200, 400} or answer.json()["code"] == "entry.not_found"


@pytest.mark.parametrize("operation", of_entries())
def test_a_campaign_that_cannot_be_one_is_named_by_every_operation(scene: Scene, operation: Operation) -> None:
    for campaign in ("a%20b", "x" * 65, "c1%0a", "%00"):
        odd = scene.elsewhere(campaign)
        assert_problem(call(odd, operation, bearer()), 422, "request.invalid", "/campaignId")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("entries", "GET, HEAD, OPTIONS, POST"),
        ("entries/confirm", "OPTIONS, POST"),
        ("entries/confirm/resend", "OPTIONS, POST"),
        ("entries/me", "DELETE, GET, HEAD, OPTIONS"),
        ("entries/somebody", "DELETE, GET, HEAD, OPTIONS"),
        ("entries/scoring", "GET, HEAD, OPTIONS, POST"),
        ("entries/eligibility", "GET, HEAD, OPTIONS"),
        ("entries/selection", "OPTIONS, POST"),
        ("entries/transfer", "OPTIONS, POST"),
        ("entries/count", "GET, HEAD, OPTIONS"),
        ("phone-blocks/lift", "OPTIONS, POST"),
        ("phones/free", "OPTIONS, POST"),
    ],
)
def test_a_method_that_does_not_fit_is_told_which_do(scene: Scene, path: str, allowed: str) -> None:
    answer = scene.ask("PATCH", path, headers=bearer())

    assert_problem(answer, 405, "request.method_not_allowed")
    assert answer.headers["allow"] == allowed


def test_a_path_that_leads_nowhere_is_a_404(scene: Scene) -> None:
    for path in ("phone-blocks", "entries/ann/phone", "entries/confirm/resend/again", "entries/scoring/ann"):
        assert_problem(scene.get(path), 404, "request.not_found")
