"""Narrowed tokens: every operation, with each kind of token. A new operation is in it by itself."""

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx2
import pytest

from entrypoints.http.operation import Operation
from entrypoints.http.operations import OPERATIONS
from entrypoints.http.request.guards import supreme
from entrypoints.http.request.scopes import (
    NOT_NARROWED,
    MalformedClaim,
    Narrowing,
    Scope,
    is_campaign_pattern,
    narrowing_of,
)
from tests.support.answers import assert_problem
from tests.support.operations import path_of, where
from tests.support.scene import Scene
from tests.support.tokens import bearer
from tests.support.waiting import eventually

AREAS: Final[Mapping[str, Scope]] = {
    "Codes": Scope.CODES,
    "Entries": Scope.ENTRIES,
    "Draws": Scope.DRAWS,
    "Uploads": Scope.CODES,
    "Campaigns": Scope.READ,
    "Operations": Scope.OPERATE,
    "Audit": Scope.PRIVACY,
    "Privacy": Scope.PRIVACY,
}
"""The scope of each tag's operations."""
OTHERS: Final[Mapping[str, Scope]] = {"uploadScores": Scope.ENTRIES, "readOperations": Scope.READ}
"""Operations that belong to another area than their tag."""
WITH_A_TOKEN: Final = [operation for operation in OPERATIONS if not operation.public]
EVERY_OPERATION = pytest.mark.parametrize("operation", WITH_A_TOKEN, ids=lambda operation: operation.id)
REFUSED: Final = {"auth.unauthenticated", "auth.forbidden", "auth.scope", "auth.campaign"}


def sufficient(operation: Operation) -> set[Scope]:
    """What the contract says: reading is enough for every GET, but not for the audit log, nor for the GET that
    holds codes."""
    area = OTHERS.get(operation.id, AREAS[operation.tag])
    reads = operation.method == "GET" and not operation.deprecated and area is not Scope.PRIVACY
    return {area, Scope.READ} if reads else {area}


def ask(scene: Scene, operation: Operation, headers: Mapping[str, str]) -> str:
    """The code of the problem that keeps the caller out; empty where the caller was admitted."""
    answer = scene.http.request(
        operation.method,
        path_of(operation, scene.campaign),
        headers={**headers, "Content-Type": "application/json"},
        content=b"{" if operation.method != "GET" else None,  # Nothing is changed by it.
    )
    if answer.status_code not in {401, 403}:
        return ""
    code = str(answer.json()["code"])
    assert_problem(answer, answer.status_code, code)
    return code if code in REFUSED else ""


@EVERY_OPERATION
def test_without_a_token_none_is_reached(scene: Scene, operation: Operation) -> None:
    assert ask(scene, operation, {}) == "auth.unauthenticated"


@EVERY_OPERATION
def test_a_fan_reaches_what_fans_may_call_whatever_the_claims(scene: Scene, operation: Operation) -> None:
    """Claims narrow administrators. An issuer may give fans scopes that mean something elsewhere."""
    claims: list[dict[str, Any]] = [{}, {"scope": "fangate:read"}, {"scope": ["x"]}, {"campaigns": ["other"]}]
    expected = "auth.forbidden" if operation.guard is supreme else ""

    assert {ask(scene, operation, bearer("somebody", supreme=False, **claim)) for claim in claims} == {expected}


@EVERY_OPERATION
@pytest.mark.parametrize("claims", [{}, {"scope": ""}, {"scope": "openid profile"}, {"campaigns": ["*"]}])
def test_an_administrator_who_is_not_narrowed_reaches_all(
    scene: Scene, operation: Operation, claims: dict[str, Any]
) -> None:
    assert ask(scene, operation, bearer(**claims)) == ""


@EVERY_OPERATION
def test_each_single_scope_reaches_its_area_and_nothing_else(scene: Scene, operation: Operation) -> None:
    reached = {scope for scope in Scope if ask(scene, operation, bearer(scope=f"openid {scope}")) == ""}

    assert reached == sufficient(operation), where(operation)


@EVERY_OPERATION
@pytest.mark.parametrize(
    "scope",
    [
        "fangate:",
        "fangate:everything",
        "FANGATE:READ",
        "openid,fangate:read",
        "fangate:read\tfangate:codes",
        "xfangate:codes",
    ],
)
def test_scopes_that_are_none_reach_nothing(scene: Scene, operation: Operation, scope: str) -> None:
    assert ask(scene, operation, bearer(scope=scope)) == "auth.scope"


@EVERY_OPERATION
def test_several_scopes_reach_what_each_of_them_reaches(scene: Scene, operation: Operation) -> None:
    assert ask(scene, operation, bearer(scope=" ".join(Scope))) == ""


@EVERY_OPERATION
def test_other_campaigns_are_refused(scene: Scene, operation: Operation) -> None:
    others: list[list[str]] = [[], ["other"], [scene.campaign[:-1]], [f"{scene.campaign}-*"], ["other*", "x*"]]

    expected = "" if operation.lists_reachable else "auth.campaign"
    assert {ask(scene, operation, bearer(campaigns=campaigns)) for campaigns in others} == {expected}


@EVERY_OPERATION
def test_the_token_s_own_campaigns_are_reached_and_all_campaigns_together_are_not(
    scene: Scene, operation: Operation
) -> None:
    own: list[list[str]] = [[scene.campaign], ["other", scene.campaign], [f"{scene.campaign[:-2]}*"]]

    expected = "" if operation.of_campaign or operation.lists_reachable else "auth.campaign"
    assert {ask(scene, operation, bearer(campaigns=campaigns)) for campaigns in own} == {expected}


@EVERY_OPERATION
@pytest.mark.parametrize(
    "claims",
    [
        {"scope": None}, {"scope": 7}, {"scope": True}, {"scope": ["fangate:read"]}, {"scope": {}},
        {"campaigns": None}, {"campaigns": "tour"}, {"campaigns": 7}, {"campaigns": {"tour": True}},
        {"campaigns": ["*", 7]}, {"campaigns": [None]}, {"campaigns": [["tour"]]}, {"campaigns": [""]},
        {"campaigns": ["a b"]}, {"campaigns": ["to*ur"]}, {"campaigns": ["**"]}, {"campaigns": ["tour\n"]},
        {"campaigns": ["x" * 65]},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_claim_of_a_wrong_shape_makes_no_token(
    scene: Scene, operation: Operation, claims: dict[str, Any]
) -> None:
    assert ask(scene, operation, bearer(**claims)) == "auth.unauthenticated"


def test_the_log_names_the_claim_of_a_wrong_shape(scene: Scene) -> None:
    refused = scene.get("codes/count", headers=bearer(campaigns="tour"))

    request_id = assert_problem(refused, 401, "auth.unauthenticated")["requestId"]
    lines = eventually(scene.service.lines, lambda lines: any(one.get("claim") == "campaigns" for one in lines))
    reasons = {one["reason"] for one in lines if one.get("claim") == "campaigns"}
    assert reasons == {"claim_invalid"}
    assert request_id


def test_a_refusal_says_which_scope_is_needed(scene: Scene) -> None:
    refused = scene.get("codes/count", headers=bearer(scope="fangate:entries"))

    assert "fangate:codes or fangate:read" in assert_problem(refused, 403, "auth.scope")["detail"]


def test_scopes_and_campaigns_both_hold(scene: Scene) -> None:
    narrowed: dict[str, Any] = {"scope": "fangate:read", "campaigns": [scene.campaign]}
    assert scene.get("codes/count", headers=bearer(**narrowed)).status_code == 200

    assert_problem(scene.elsewhere().get("codes/count", headers=bearer(**narrowed)), 403, "auth.campaign")
    reserve = scene.post("reserve", {"type": "tm", "count": 1}, headers=bearer(**narrowed))
    assert_problem(reserve, 403, "auth.scope")


def test_a_list_of_all_campaigns_is_reached_through_its_filter(scene: Scene) -> None:
    def audit(**parameters: str) -> httpx2.Response:
        return scene.http.get("/audit", params=parameters, headers=bearer(campaigns=[scene.campaign]))

    assert audit(campaignId=scene.campaign).status_code == 200
    assert_problem(audit(campaignId="other"), 403, "auth.campaign")
    assert "campaignId" in assert_problem(audit(), 403, "auth.campaign")["detail"]


def test_the_list_of_campaigns_has_those_that_the_token_reaches(scene: Scene) -> None:
    for one in (scene, other := scene.elsewhere()):
        one.stock("A1")

    def listed(*campaigns: str, **query: Any) -> list[str]:
        answer = scene.http.get("/campaigns", params=query, headers=bearer(campaigns=campaigns))
        assert answer.status_code == 200, answer.text
        return [campaign["id"] for campaign in answer.json()["campaigns"]]

    assert listed(scene.campaign, "unknown", limit=100) == [scene.campaign]
    assert listed(scene.campaign, other.campaign) == sorted([scene.campaign, other.campaign])
    assert listed(f"{scene.campaign[:-2]}*", limit=1) == [scene.campaign]
    assert listed("unknown") == listed() == []


@EVERY_OPERATION
def test_every_description_names_the_scopes(operation: Operation, scene: Scene) -> None:
    document = scene.http.get("/openapi.json").json()
    described = document["paths"][operation.path][operation.method.lower()]

    for scope in Scope:
        assert (f"`{scope}`" in described["description"]) is (scope in sufficient(operation)), where(operation)
    codes = described["responses"]["403"]["content"]["application/problem+json"]["examples"]
    assert {"auth.scope", "auth.campaign"} <= set(codes)


# What a token allows, without a service


@pytest.mark.parametrize("claims", [{}, {"scope": "openid", "supreme": True}])
def test_without_claims_of_fangate_nothing_is_narrowed(claims: dict[str, Any]) -> None:
    assert narrowing_of(claims) == NOT_NARROWED
    assert not NOT_NARROWED.narrows


def test_a_pattern_with_a_star_stands_for_any_rest() -> None:
    narrowing = Narrowing(campaigns=("tour-*", "fair"))

    assert [narrowing.reaches(one) for one in ("tour-", "tour-2026", "fair")] == [True] * 3
    assert [narrowing.reaches(one) for one in ("tour", "fair-2", "Fair", "")] == [False] * 4
    assert Narrowing(campaigns=("*",)).reaches("")


@pytest.mark.parametrize("text", ["a" * 64, "a" * 64 + "*", "*", "_-9"])
def test_patterns(text: str) -> None:
    assert is_campaign_pattern(text)
    assert not is_campaign_pattern(text + " ")


def test_a_malformed_claim_is_named() -> None:
    with pytest.raises(MalformedClaim) as refused:
        narrowing_of({"scope": "fangate:read", "campaigns": "tour"})
    assert refused.value.claim == "campaigns"
