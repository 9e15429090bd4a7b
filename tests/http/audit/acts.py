"""Every operation that leaves a row in the audit log, and the rows that were left."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.model.audit.records import Facts
from tests.http.audit.acts_of_codes import (
    assign,
    import_codes,
    release,
    reserve,
    reserve_by_get,
    upload_codes,
    upload_scores,
    withdraw_import,
)
from tests.http.audit.acts_of_draws import abort, announce, fill, give_codes, run
from tests.http.audit.acts_of_entries import (
    confirm,
    erase,
    free,
    lift,
    register,
    resend,
    retry,
    score,
    select,
    transfer,
    withdraw_entry,
    withdraw_own,
)
from tests.http.audit.expected import Expected
from tests.support.scene import Scene
from tests.support.tokens import bearer

ACTS: Final[Mapping[str, Callable[[Scene], Expected]]] = {
    "uploadCodes": upload_codes,
    "uploadScores": upload_scores,
    "importCodes": import_codes,
    "withdrawImport": withdraw_import,
    "reserveCodes": reserve,
    "reserveCodesByGet": reserve_by_get,
    "assignCodes": assign,
    "releaseCodes": release,
    "register": register,
    "confirmPhone": confirm,
    "resendCode": resend,
    "liftPhoneBlock": lift,
    "freePhone": free,
    "withdrawEntry": withdraw_entry,
    "withdrawMyEntry": withdraw_own,
    "retryParked": retry,
    "erasePerson": erase,
    "scoreEntries": score,
    "selectEntries": select,
    "transferEntries": transfer,
    "announceDraw": announce,
    "abortDraw": abort,
    "runDraw": run,
    "fillDraw": fill,
    "giveDrawCodes": give_codes,
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
