"""``fangate privacy purge``: registrations of campaigns that closed long ago are withdrawn."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.mongo.store import mongo_store
from domain.model.ids import CampaignId
from tests.contracts.registrations.entry_stores import NOW, becoming, fan, phone, registered
from tests.support.commands import fangate

OLD, YOUNG, UNKNOWN = CampaignId("old"), CampaignId("young"), CampaignId("unknown")


def closed(id: str, days: float) -> dict[str, object]:
    closes_at = datetime.now(UTC) - timedelta(days=days)
    return {
        "id": id, "name": id, "status": "closed", "opensAt": None, "closesAt": closes_at.isoformat(),
        "needsPhoneConfirmation": True, "gates": {}, "markets": [{"id": "nyc", "name": "New York"}],
    }  # fmt: skip


@pytest.fixture
async def settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "campaigns.json").write_text(json.dumps([closed(OLD, 91), closed(YOUNG, 89)]))
    (tmp_path / "users.json").write_text("[]")
    async with mongo_store(database_url) as store:
        await store.migrate()
        for campaign_id in (OLD, YOUNG, UNKNOWN):
            for number in range(3):
                entry = registered(fan(number), phone(number), campaign_id=campaign_id, confirmed=True, at=NOW)
                await store.entries.change(campaign_id, fan(number), becoming(entry))
    return {
        "FANGATE_STORE": database_url,
        "FANGATE_CAMPAIGNS": f"file:{tmp_path}/campaigns.json",
        "FANGATE_USERS": f"file:{tmp_path}/users.json",
        "FANGATE_OBJECTS": f"file:{tmp_path}",
    }


async def test_it_counts_first_and_then_withdraws(settings: dict[str, str]) -> None:
    purge = ("privacy", "purge", "--closed-for", "90")
    counted = fangate(*purge, "--dry-run", settings=settings)
    assert (counted.returncode, counted.stdout) == (0, "would be withdrawn: 3 registrations of 1 campaigns\n")
    assert "left alone: 1" in counted.stderr

    done = fangate(*purge, settings=settings, forked=False)
    assert (done.returncode, done.stdout) == (0, "withdrawn: 3 registrations of 1 campaigns\n")
    again = fangate(*purge, settings=settings)
    assert again.stdout == "withdrawn: 0 registrations of 0 campaigns\n"
    async with mongo_store(settings["FANGATE_STORE"]) as store:
        left = [
            sum((await store.entry_queries.count(one, [])).by_status.values()) for one in (OLD, YOUNG, UNKNOWN)
        ]
    assert left == [0, 3, 3]


def test_a_wrong_call_is_told_what_is_missing(tmp_path: Path) -> None:
    assert "--closed-for" in fangate("privacy", "purge", folder=tmp_path).stderr
    assert fangate("privacy", "purge", "--closed-for", "0", folder=tmp_path).returncode == 2
    in_memory = fangate("privacy", "purge", "--closed-for", "9", folder=tmp_path)
    assert in_memory.returncode == 1
    assert "FANGATE_STORE" in in_memory.stderr
