"""Narrowed tokens: every operation, with each kind of token. A new operation is in it by itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from tests.support.platform import Platform
from tests.support.scene import Scene
from tests.support.servers.service import Service
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
NO_SCOPES: Final = (
    "fangate:", "fangate:everything", "FANGATE:READ", "openid,fangate:read", "fangate:read\tfangate:codes",
    "xfangate:codes",
)  # fmt: skip
WRONG_SHAPES: Final[list[dict[str, Any]]] = [
    {"scope": None}, {"scope": 7}, {"scope": True}, {"scope": ["fangate:read"]}, {"scope": {}},
    {"campaigns": None}, {"campaigns": "tour"}, {"campaigns": 7}, {"campaigns": {"tour": True}},
    {"campaigns": ["*", 7]}, {"campaigns": [None]}, {"campaigns": [["tour"]]}, {"campaigns": [""]},
    {"campaigns": ["a b"]}, {"campaigns": ["to*ur"]}, {"campaigns": ["**"]}, {"campaigns": ["tour\n"]},
    {"campaigns": ["x" * 65]},
]  # fmt: skip
REFUSED: Final = {"auth.unauthenticated", "auth.forbidden", "auth.scope", "auth.campaign"}


Answers = Mapping[str, str]
"""What ``ask`` returned, by the id of the operation."""


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A campaign that no test changes."""

    scene: Scene
    ask_all: Callable[..., Answers]
    """Every operation, with a token of these claims."""


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


@pytest.fixture(scope="module")
def everywhere(running: Service, platform: Platform, http: httpx2.Client) -> Everywhere:
    scene = Scene(running, platform, http).opens()

    def ask_all(**claims: Any) -> Answers:
        headers = bearer(**claims)
        return {operation.id: ask(scene, operation, headers) for operation in WITH_A_TOKEN}

    return Everywhere(scene, ask_all)


def test_without_a_token_none_is_reached(everywhere: Everywhere) -> None:
    answers = {operation.id: ask(everywhere.scene, operation, {}) for operation in WITH_A_TOKEN}

    assert answers == dict.fromkeys(answers, "auth.unauthenticated")


@pytest.mark.parametrize(
    "claims", [{}, {"scope": "fangate:read"}, {"scope": ["x"]}, {"campaigns": ["other"]}], ids=json.dumps
)
def test_a_fan_reaches_what_fans_may_call_whatever_the_claims(
    everywhere: Everywhere, claims: dict[str, Any]
) -> None:
    """Claims narrow administrators. An issuer may give fans scopes that mean something elsewhere."""
    assert everywhere.ask_all(subject="somebody", supreme=False, **claims) == {
        operation.id: "auth.forbidden" if operation.guard is supreme else "" for operation in WITH_A_TOKEN
    }


@pytest.mark.parametrize("claims", [{}, {"scope": ""}, {"scope": "openid profile"}, {"campaigns": ["*"]}])
def test_an_administrator_who_is_not_narrowed_reaches_all(everywhere: Everywhere, claims: dict[str, Any]) -> None:
    answers = everywhere.ask_all(**claims)

    assert answers == dict.fromkeys(answers, "")


@pytest.mark.parametrize("scope", Scope)
def test_each_single_scope_reaches_its_area_and_nothing_else(everywhere: Everywhere, scope: Scope) -> None:
    answers = everywhere.ask_all(scope=f"openid {scope}")

    reached = {where(operation) for operation in WITH_A_TOKEN if answers[operation.id] == ""}
    assert reached == {where(operation) for operation in WITH_A_TOKEN if scope in sufficient(operation)}


@pytest.mark.parametrize("scope", NO_SCOPES)
def test_scopes_that_are_none_reach_nothing(everywhere: Everywhere, scope: str) -> None:
    answers = everywhere.ask_all(scope=scope)

    assert answers == dict.fromkeys(answers, "auth.scope")


def test_several_scopes_reach_what_each_of_them_reaches(everywhere: Everywhere) -> None:
    answers = everywhere.ask_all(scope=" ".join(Scope))

    assert answers == dict.fromkeys(answers, "")


@pytest.mark.parametrize("campaigns", [[], ["other"], ["{0:.13}"], ["{0}-*"], ["other*", "x*"]], ids=json.dumps)
def test_other_campaigns_are_refused(everywhere: Everywhere, campaigns: list[str]) -> None:
    """Also one with the beginning of this campaign's id."""
    others = [campaign.format(everywhere.scene.campaign) for campaign in campaigns]

    assert everywhere.scene.campaign not in others
    assert everywhere.ask_all(campaigns=others) == {
        operation.id: "" if operation.lists_reachable else "auth.campaign" for operation in WITH_A_TOKEN
    }


@pytest.mark.parametrize("campaigns", [["{0}"], ["other", "{0}"], ["{0:.12}*"]], ids=json.dumps)
def test_the_token_s_own_campaigns_are_reached_and_all_campaigns_together_are_not(
    everywhere: Everywhere, campaigns: list[str]
) -> None:
    own = [campaign.format(everywhere.scene.campaign) for campaign in campaigns]

    assert everywhere.ask_all(campaigns=own) == {
        operation.id: "" if operation.of_campaign or operation.lists_reachable else "auth.campaign"
        for operation in WITH_A_TOKEN
    }


def test_a_claim_of_a_wrong_shape_makes_no_token(scene: Scene) -> None:
    """Each operation is asked with some of the claims, and each claim goes to some of the operations: a token is
    read before the operation is looked at. That none of the claims can be read is promised below."""
    asked = {
        (operation.id, json.dumps(claims)): ask(scene, operation, bearer(**claims))
        for number, operation in enumerate(WITH_A_TOKEN)
        for claims in WRONG_SHAPES[number % 6 :: 6]
    }

    assert asked == dict.fromkeys(asked, "auth.unauthenticated")


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


def test_every_description_names_the_scopes(scene: Scene) -> None:
    paths = scene.http.get("/openapi.json").json()["paths"]

    for operation in WITH_A_TOKEN:
        described = paths[operation.path][operation.method.lower()]
        named = {scope for scope in Scope if f"`{scope}`" in described["description"]}
        assert named == sufficient(operation), where(operation)
        codes = described["responses"]["403"]["content"]["application/problem+json"]["examples"]
        assert {"auth.scope", "auth.campaign"} <= set(codes), where(operation)


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


@pytest.mark.parametrize("claims", WRONG_SHAPES, ids=json.dumps)
def test_a_claim_of_a_wrong_shape_is_named(claims: dict[str, Any]) -> None:
    with pytest.raises(MalformedClaim) as refused:
        narrowing_of({"scope": "fangate:read", "campaigns": ["tour"]} | claims)
    assert [refused.value.claim] == list(claims)
