"""The gates of a campaign (core rules): invite codes, linked accounts and verified cards."""

from typing import Any

import pytest

from domain.model.ids import CampaignId
from domain.model.registrations.campaigns import Gates
from domain.model.registrations.errors import EntryNotFound, GatesClosed
from tests.support.registrations import LAX, TOUR
from tests.usecases.registrations.scene import Scene

INVITE, LINKED, CARD = "gate.invite_required", "gate.linked_account_required", "gate.card_required"
GATES = Gates(invite_only=True, linked_accounts=("spotify", "x"), verified_card=True)
PASSES: dict[str, Any] = {
    "invite_codes": {TOUR: ("VIP-1", "VIP-2"), CampaignId("other"): ("VIP-3",)},
    "linked_accounts": ("x", "tiktok", "spotify"),
    "verified_card": True,
}
"""An account that passes all of them."""


async def _closed(scene: Scene, invite_code: str | None = None, **account: Any) -> tuple[str, ...]:
    """The gates that are closed to a fan with this account; nothing is stored then."""
    ann = scene.fan(**account)
    with pytest.raises(GatesClosed) as refused:
        await ann.register(invite_code=invite_code)
    with pytest.raises(EntryNotFound):
        await ann.entry()
    assert (scene.ports.sms.sent, scene.ports.fraud.attempts) == ([], [])
    return refused.value.gates


@pytest.mark.parametrize(
    ("lacks", "closed"),
    [
        ({"invite_codes": {}}, (INVITE,)),
        ({"linked_accounts": ()}, (LINKED,)),
        ({"linked_accounts": ("spotify",)}, (LINKED,)),
        ({"linked_accounts": ("Spotify", "x")}, (LINKED,)),
        ({"verified_card": False}, (CARD,)),
        ({"verified_card": False, "invite_codes": {}}, (INVITE, CARD)),
        ({"verified_card": False, "linked_accounts": ("x",), "invite_codes": {}}, (INVITE, LINKED, CARD)),
    ],
)
async def test_all_gates_that_are_closed_are_named(
    scene: Scene, lacks: dict[str, Any], closed: tuple[str, ...]
) -> None:
    scene.opens(gates=GATES)

    assert await _closed(scene, "VIP-1", **PASSES | lacks) == closed


@pytest.mark.parametrize("code", ["VIP-1", "VIP-2"])
async def test_a_fan_who_passes_every_gate_is_registered(scene: Scene, code: str) -> None:
    scene.opens(gates=GATES)

    assert (await scene.fan(**PASSES).registered(invite_code=code)).created


@pytest.mark.parametrize("code", [None, "", "vip-1", "VIP-1 ", "VIP-3", "VIP-4"])
async def test_an_invite_code_is_valid_for_its_fan_and_campaign_only(scene: Scene, code: str | None) -> None:
    scene.opens(gates=GATES)

    assert await _closed(scene, code, **PASSES) == (INVITE,)


@pytest.mark.parametrize(
    ("gates", "closed"),
    [
        (Gates(), ()),
        (Gates(invite_only=True), (INVITE,)),
        (Gates(linked_accounts=("spotify",)), (LINKED,)),
        (Gates(verified_card=True), (CARD,)),
    ],
)
async def test_a_campaign_asks_only_for_the_gates_it_has(
    scene: Scene, gates: Gates, closed: tuple[str, ...]
) -> None:
    scene.opens(gates=gates)

    if closed:
        assert await _closed(scene) == closed
    else:
        assert (await scene.fan().registered()).created


async def test_a_change_has_to_pass_the_gates_too(scene: Scene) -> None:
    scene.opens(gates=GATES)
    ann = scene.fan(**PASSES)
    before = await ann.confirmed(invite_code="VIP-1")
    scene.fan(**PASSES | {"verified_card": False})

    with pytest.raises(GatesClosed) as refused:
        await ann.register(markets=[LAX], invite_code="VIP-1")

    assert refused.value.gates == (CARD,)
    assert await ann.entry() == before
