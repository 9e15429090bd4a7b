"""Audited operations of registrations and persons, asked for in earnest by staff."""

from tests.http.audit.expected import MAIL, Expected, asking, posting
from tests.support.fresh import new_phone
from tests.support.scene import Scene
from tests.support.tokens import bearer


def register(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    body = {"phone": ann.phone, "email": MAIL, "markets": ["nyc"], "attributes": {"note": "S3CR3T"}}
    return Expected(
        act=posting(scene, "entries", {**body, "userId": ann.id}),
        asked={"userId": ann.id},
        outcome={"result": "done", "created": True, "status": "pending_confirmation", "revision": 1},
        secret=ann.phone[1:],
    )


def confirm(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    token = ann.registered()["confirmation"]["token"]
    return Expected(
        act=posting(scene, "entries/confirm", {"token": token, "code": ann.codes()[-1]}, ann.id),
        asked={"userId": ann.id},
        outcome={"result": "done", "status": "confirmed"},
        caller=ann.id,
        secret=ann.codes()[-1],
    )


def resend(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=asking(scene, "POST", "entries/confirm/resend", ann.id),
        asked={"userId": ann.id},
        outcome={"result": "failed", "problem": "confirmation.too_soon"},
        caller=ann.id,
        secret=ann.phone[1:],
    )


def lift(scene: Scene) -> Expected:
    phone = new_phone()
    outcome = {"result": "done", "lifted": False}
    return Expected(
        act=posting(scene, "phone-blocks/lift", {"phone": phone}), asked={}, outcome=outcome, secret=phone[1:]
    )


def free(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.confirmed()
    return Expected(
        act=posting(scene, "phones/free", {"phone": ann.phone}),
        asked={},
        outcome={"result": "done", "freed": True, "userId": ann.id},
        secret=ann.phone[1:],
    )


def withdraw_entry(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=asking(scene, "DELETE", f"entries/{ann.id}"), asked={"userId": ann.id}, outcome={"result": "done"}
    )


def withdraw_own(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered()
    return Expected(
        act=asking(scene, "DELETE", "entries/me", ann.id),
        asked={"userId": ann.id},
        outcome={"result": "done"},
        caller=ann.id,
    )


def retry(scene: Scene) -> Expected:
    return Expected(
        act=lambda headers: scene.http.post(
            "/events/parked/retry", json={"ids": ["S3CR3T"]}, headers={**bearer(), **headers}
        ),
        asked={"messages": 1},
        outcome={"result": "done", "putBack": 0, "messageIds": []},
        campaign=False,
    )


def erase(scene: Scene) -> Expected:
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


def score(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.confirmed()
    records = [{"userId": ann.id, "score": 80.5}, {"userId": "nobody", "score": 1}]
    return Expected(
        act=posting(scene, "entries/scoring", {"records": records}),
        asked={"records": 2},
        outcome={"result": "done", "received": 2, "upserted": 1, "unchanged": 0, "rejected": 1},
    )


def select(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.confirmed()
    return Expected(
        act=posting(scene, "entries/selection", {"userIds": [ann.id, "nobody"], "selection": "selected"}),
        asked={"selection": "selected", "users": 2, "userIds": [ann.id, "nobody"]},
        outcome={"result": "done", "updated": 1, "rejected": 1},
    )


def transfer(scene: Scene) -> Expected:
    ann = scene.fan("ann")
    ann.registered(markets=["nyc"])
    asked = {"from": "nyc", "to": "bos"}
    counts = {"matched": 1, "moved": 1, "merged": 0, "rejected": 0}
    return Expected(
        act=posting(scene, "entries/transfer", asked), asked=asked, outcome={"result": "done", **counts}
    )
