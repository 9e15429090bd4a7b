"""Uploading scores through HTTP, beside the driver's own bulk writes of the same documents."""

import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import UpdateOne
from rich.console import Console

from adapters.mongo.entries.mapping import new_document
from adapters.mongo.keys import key
from domain.model.ids import CampaignId
from tests.bench.crowds import confirmed, fan
from tests.bench.figures import Figure, median
from tests.bench.ground import INSERTED_AT_ONCE, Database, Ground, client_of, insert, new_campaign
from tests.support.servers.service import Service

SHARE = 0.5


def run(ground: Ground, console: Console) -> list[Figure]:
    """A round: new scores for all fans through HTTP, then the same raw. The first is the warm-up."""
    ours, theirs = ground.database(), ground.database()
    campaign, fans = new_campaign(), ground.size.fans
    for database in (ours, theirs):
        insert(database.entries, (new_document(confirmed(campaign, number)) for number in range(fans)))
    uploads, raw = [], []
    with ground.service(ours) as running:
        for _ in range(1 + ground.size.rounds):
            scores = [random.uniform(0, 100) for _ in range(fans)]
            for database in (ours, theirs):  # So that records are new each time.
                database.scoring.delete_many({"campaignId": campaign})
            uploads.append(_upload_seconds(running, campaign, scores))
            raw.append(_write_seconds(theirs, campaign, scores))
            console.print(f"  upload {uploads[-1]:.2f} s, raw {raw[-1]:.2f} s")
            assert ours.scoring.count_documents({"campaignId": campaign}) == fans
    return [_figure(fans, median(uploads[1:]), median(raw[1:]))]


def _figure(fans: int, upload: float, raw: float) -> Figure:
    return Figure(
        work=f"score upload of {fans:,} records through HTTP, NDJSON",
        measured=f"{fans / upload:,.0f} records/s",
        ceiling=f"raw bulk writes of the same documents: {fans / raw:,.0f} records/s",
        outcome=f"{raw / upload:.2f} x",
        target=f"≥ {SHARE} x",
        met=raw / upload >= SHARE,
    )


def _upload_seconds(running: Service, campaign: str, scores: Sequence[float]) -> float:
    lines = "".join(
        json.dumps({"userId": fan(number), "score": score}) + "\n" for number, score in enumerate(scores)
    )
    headers = {"Content-Type": "application/x-ndjson"}
    with client_of(running) as client:
        began = time.perf_counter()
        answer = client.post(f"/{campaign}/entries/scoring", content=lines.encode(), headers=headers)
        seconds = time.perf_counter() - began
    assert answer.is_success, f"{answer.text}\n{running.logged()[-2_000:]}"
    assert answer.json()["upserted"] == len(scores), answer.text
    return seconds


def _write_seconds(database: Database, campaign: str, scores: Sequence[float]) -> float:
    """Nothing but the driver: each entry's score set, each record inserted."""
    now = datetime.now(UTC)
    keys = [key(CampaignId(campaign), fan(number)) for number in range(len(scores))]
    sets = [
        UpdateOne({"_id": id}, {"$set": {"score": score}, "$inc": {"version": 1}})
        for id, score in zip(keys, scores, strict=True)
    ]
    record = {"campaignId": campaign, "selection": None, "updatedAt": now}
    records = [
        record | {"_id": id, "userId": fan(number), "score": score}
        for number, (id, score) in enumerate(zip(keys, scores, strict=True))
    ]
    began = time.perf_counter()
    for start in range(0, len(sets), INSERTED_AT_ONCE):
        database.entries.bulk_write(sets[start : start + INSERTED_AT_ONCE], ordered=False)
    insert(database.scoring, records)
    return time.perf_counter() - began
