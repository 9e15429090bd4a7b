"""Every operation that leaves a row in the audit log, asked for in earnest by staff."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from domain.model.audit.records import Facts
from tests.support.fresh import new_phone
from tests.support.scene import Scene
from tests.support.tokens import bearer

CODES: Final = ("S3CR3T-1", "S3CR3T-2")
MAIL: Final = "secretive@example.com"
SECRETS: Final = (*CODES, MAIL, "eyJ")
"""``eyJ`` is how tokens begin."""
HELD: Final = "reservation-1"

Headers = Mapping[str, str]
Act = Callable[[Headers], httpx2.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the row holds; a value of ``...`` stands for any."""

    act: Act
    asked: Mapping[str, Any]
    outcome: Mapping[str, Any]
    caller: str = "staff"
    campaign: bool = True
    """Does the change belong to the campaign?"""
    secret: str = "S3CR3T"
    """What was sent besides, and must not be kept."""


def _as(scene: Scene, method: str, path: str, caller: str = "staff", **request: Any) -> Act:
    return lambda headers: scene.ask(method, path, headers={**bearer(caller), **headers}, **request)


def _post(scene: Scene, path: str, body: Any, caller: str = "staff") -> Act:
    return _as(scene, "POST", path, caller, json=body)


def _stocked(scene: Scene) -> None:
    scene.stock(*CODES)


def _import(scene: Scene) -> Expected:
    key = scene.put("\n".join(CODES))
    counts = {"rows": 2, "inserted": 2, "duplicates": 0, "conflicts": 0, "invalid": 0}
    return Expected(
        act=_post(scene, "codes", {"key": key}),
        asked={"key": key},
        outcome={"result": "done", "importId": ..., "status": "completed", **counts},
    )


def _upload(scene: Scene, type: str, key: str) -> Expected:
    content = "\n".join(CODES).encode()
    return Expected(
        act=_as(scene, "PUT", f"uploads/{type}/batch.csv", content=content),
        asked={"key": key, "replace": False},
        outcome={"result": "done", "bytes": len(content), "sha256": ...},
    )


def _upload_codes(scene: Scene) -> Expected:
    return _upload(scene, "tm", f"codes/{scene.campaign}/tm/batch.csv")


def _upload_scores(scene: Scene) -> Expected:
    return _upload(scene, "scoring", f"scoring/{scene.campaign}/batch.csv")


def _withdraw(scene: Scene) -> Expected:
    id = scene.load("\n".join(CODES)).json()["importId"]
    return Expected(
        act=_as(scene, "DELETE", f"codes/imports/{id}"),
        asked={"importId": id},
        outcome={"result": "done", "removed": 2, "kept": {"reserved": 0, "assigned": 0}},
    )


def _reserve(scene: Scene) -> Expected:
    _stocked(scene)
    asked = {"type": "tm", "count": 2, "reserveId": HELD}
    outcome = {"result": "done", "reserveId": HELD, "reserved": 2}
    return Expected(act=_post(scene, "reserve", asked), asked=asked, outcome=outcome)


def _reserve_by_get(scene: Scene) -> Expected:
    _stocked(scene)
    asked = {"type": "tm", "count": 2, "reserveId": HELD}
    outcome = {"result": "done", "reserveId": HELD, "reserved": 2}
    return Expected(act=_as(scene, "GET", "reserve", params=asked), asked=asked, outcome=outcome)


def _assign(scene: Scene) -> Expected:
    _stocked(scene)
    scene.reserve(2, reserveId=HELD)
    assignments = [{"code": CODES[0], "userId": "ann"}, {"code": "S3CR3T-3", "userId": "bob"}]
    return Expected(
        act=_post(scene, "assign", {"reserveId": HELD, "assignments": assignments}),
        asked={"reserveId": HELD, "codes": 2, "users": 2, "userIds": ["ann", "bob"]},
        outcome={"result": "done", "assigned": 1, "rejected": 1},
    )


def _release(scene: Scene) -> Expected:
    _stocked(scene)
    scene.reserve(2, reserveId=HELD)
    return Expected(
        act=_post(scene, "release", {"reserveId": HELD, "codes": [*CODES, "S3CR3T-3"]}),
        asked={"reserveId": HELD, "codes": 3},
        outcome={"result": "done", "released": 2, "rejected": 1},
    )


def _register(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    body = {"phone": ann.phone, "email": MAIL, "markets": ["nyc"], "attributes": {"note": "S3CR3T"}}
    return Expected(
        act=_post(scene, "entries", {**body, "userId": ann.id}),
        asked={"userId": ann.id},
        outcome={"result": "done", "created": True, "status": "pending_confirmation", "revision": 1},
        secret=ann.phone[1:],
    )


def _confirm(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    token = ann.registered()["confirmation"]["token"]
    return Expected(
        act=_post(scene, "entries/confirm", {"token": token, "code": ann.codes()[-1]}, ann.id),
        asked={"userId": ann.id},
        outcome={"result": "done", "status": "confirmed"},
        caller=ann.id,
        secret=ann.codes()[-1],
    )


def _resend(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=_as(scene, "POST", "entries/confirm/resend", ann.id),
        asked={"userId": ann.id},
        outcome={"result": "failed", "problem": "confirmation.too_soon"},
        caller=ann.id,
        secret=ann.phone[1:],
    )


def _lift(scene: Scene) -> Expected:
    phone = new_phone()
    outcome = {"result": "done", "lifted": False}
    return Expected(
        act=_post(scene, "phone-blocks/lift", {"phone": phone}), asked={}, outcome=outcome, secret=phone[1:]
    )


def _free(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.confirmed()
    return Expected(
        act=_post(scene, "phones/free", {"phone": ann.phone}),
        asked={},
        outcome={"result": "done", "freed": True, "userId": ann.id},
        secret=ann.phone[1:],
    )


def _withdraw_entry(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=_as(scene, "DELETE", f"entries/{ann.id}"), asked={"userId": ann.id}, outcome={"result": "done"}
    )


def _withdraw_own(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=_as(scene, "DELETE", "entries/me", ann.id),
        asked={"userId": ann.id},
        outcome={"result": "done"},
        caller=ann.id,
    )


def _retry(scene: Scene) -> Expected:
    return Expected(
        act=lambda headers: scene.http.post(
            "/events/parked/retry", json={"ids": ["S3CR3T"]}, headers={**bearer(), **headers}
        ),
        asked={"messages": 1},
        outcome={"result": "done", "putBack": 0, "messageIds": []},
        campaign=False,
    )


def _erase(scene: Scene) -> Expected:
    """The row does not name the person: it would be a trace of the erasure."""
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=lambda headers: scene.http.post(
            "/privacy/erasures", json={"userId": ann.id}, headers={**bearer(), **headers}
        ),
        asked={},
        outcome={"result": "done", "userId": ..., "found": ..., "notices": ...},
        campaign=False,
        secret=ann.id,
    )


def _score(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.confirmed()
    records = [{"userId": ann.id, "score": 80.5}, {"userId": "nobody", "score": 1}]
    return Expected(
        act=_post(scene, "entries/scoring", {"records": records}),
        asked={"records": 2},
        outcome={"result": "done", "received": 2, "upserted": 1, "unchanged": 0, "rejected": 1},
    )


def _select(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.confirmed()
    return Expected(
        act=_post(scene, "entries/selection", {"userIds": [ann.id, "nobody"], "selection": "selected"}),
        asked={"selection": "selected", "users": 2, "userIds": [ann.id, "nobody"]},
        outcome={"result": "done", "updated": 1, "rejected": 1},
    )


def _transfer(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered(markets=["nyc"])
    asked = {"from": "nyc", "to": "bos"}
    counts = {"matched": 1, "moved": 1, "merged": 0, "rejected": 0}
    return Expected(act=_post(scene, "entries/transfer", asked), asked=asked, outcome={"result": "done", **counts})


def _announce(scene: Scene) -> Expected:
    scene.fan("ann").confirmed()
    rules = {
        "places": {"nyc": 2, "bos": 1},
        "tiers": [90, 70.5],
        "groupBy": "S3CR3T",
        "beacon": {"kind": "manual"},
    }
    kept = {"markets": ["nyc", "bos"], "places": 3, "tiers": ["90.0", "70.5"], "weights": 0, "minScore": None}
    return Expected(
        act=_post(scene, "draws", rules),
        asked=kept | {"exclude": [], "grouped": True, "beacon": "manual", "round": None},
        outcome={"result": "done", "drawId": ..., "number": 1, "entrants": 0, "manifestDigest": ...},
    )


def _a_manual_draw(scene: Scene) -> str:
    scene.fan("ann").confirmed()
    rules = {"places": {"nyc": 1}, "beacon": {"kind": "manual"}}
    return str(scene.post("draws", rules).json()["drawId"])


def _run(scene: Scene) -> Expected:
    draw = _a_manual_draw(scene)
    return Expected(
        act=_post(scene, f"draws/{draw}/run", {"randomness": "5ec3e7" * 20}),
        asked={"drawId": draw, "manual": True},
        outcome={
            "result": "done", "number": 1, "status": "drawn", "placed": 1, "waitlisted": 0, "resultDigest": ...,
        },
    )  # fmt: skip


def _fill(scene: Scene) -> Expected:
    draw = _a_manual_draw(scene)
    scene.post(f"draws/{draw}/run", {"randomness": "5ec3e7" * 20})
    return Expected(
        act=_post(scene, f"draws/{draw}/fill", {"places": {"nyc": 2}}),
        asked={"drawId": draw, "places": 2},
        outcome={"result": "done", "number": 1, "offered": 0},
    )


def _give_codes(scene: Scene) -> Expected:
    draw = _a_manual_draw(scene)
    scene.post(f"draws/{draw}/run", {"randomness": "5ec3e7" * 20})
    scene.stock("CODE-1")
    return Expected(
        act=_post(scene, f"draws/{draw}/codes", {"type": "tm"}),
        asked={"drawId": draw, "type": "tm"},
        outcome={"result": "done", "given": 1, "waiting": 0},
    )


def _abort(scene: Scene) -> Expected:
    draw = scene.post("draws", {"places": {"nyc": 1}}).json()["drawId"]
    return Expected(
        act=_as(scene, "DELETE", f"draws/{draw}"),
        asked={"drawId": draw},
        outcome={"result": "done", "number": 1, "status": "aborted"},
    )


ACTS: Final[Mapping[str, Callable[[Scene], Expected]]] = {
    "uploadCodes": _upload_codes,
    "uploadScores": _upload_scores,
    "importCodes": _import,
    "withdrawImport": _withdraw,
    "reserveCodes": _reserve,
    "reserveCodesByGet": _reserve_by_get,
    "assignCodes": _assign,
    "releaseCodes": _release,
    "register": _register,
    "confirmPhone": _confirm,
    "resendCode": _resend,
    "liftPhoneBlock": _lift,
    "freePhone": _free,
    "withdrawEntry": _withdraw_entry,
    "withdrawMyEntry": _withdraw_own,
    "retryParked": _retry,
    "erasePerson": _erase,
    "scoreEntries": _score,
    "selectEntries": _select,
    "transferEntries": _transfer,
    "announceDraw": _announce,
    "abortDraw": _abort,
    "runDraw": _run,
    "fillDraw": _fill,
    "giveDrawCodes": _give_codes,
}
"""By the id of the operation. Each prepares a campaign, and says what one more request leaves."""


def listed(scene: Scene, **parameters: Any) -> list[Any]:
    """The rows of this campaign, newest first."""
    wanted: dict[str, Any] = {"campaignId": scene.campaign, "limit": 1_000} | parameters
    answer = scene.http.get("/audit", params=wanted, headers=bearer("auditor"))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["records"])


def rows_of(scene: Scene, request_id: str) -> list[Any]:
    """Also of a change that belongs to no campaign."""
    found = listed(scene)
    for operation in ("retryParked", "erasePerson"):
        parameters = {"operation": operation, "limit": 1_000}
        found += scene.http.get("/audit", params=parameters, headers=bearer("auditor")).json()["records"]
    return [row for row in found if row["requestId"] == request_id]


def fits(facts: Facts, expected: Mapping[str, Any]) -> bool:
    return facts.keys() == expected.keys() and all(
        value is ... or facts[name] == value for name, value in expected.items()
    )
