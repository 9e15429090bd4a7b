"""The AsyncAPI document of the events, held against what is really published."""

import asyncio
import copy
import json
import re
import time
import uuid
from typing import Any

import httpx2
import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT7

from domain.model.registrations.entry import EntryEvent
from tests.support.paths import DATA, ROOT
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.reading import Published, read_kafka
from tests.support.servers.service import Service
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

OFFICIAL = json.loads((DATA / "asyncapi-3.0.0.json").read_text())
COMMITTED = json.loads((ROOT / "docs/asyncapi.json").read_text())
TYPES = {f"fangate.entry.{about.value}" for about in EntryEvent}
CHANGES = 11
"""How many events the fan below gives rise to."""


def valid(body: Any, type: str) -> bool:
    """As the document describes messages of this type."""
    place = f"urn:asyncapi#/components/messages/{type}/payload"
    registry: Registry[Any] = Registry().with_resource("urn:asyncapi", DRAFT7.create_resource(COMMITTED))
    checker = jsonschema.Draft7Validator(
        {"$ref": place}, registry=registry, format_checker=jsonschema.FormatChecker()
    )
    return bool(checker.is_valid(body))


def documented(schema: str) -> set[str]:
    return set(COMMITTED["components"]["schemas"][schema]["properties"])


# The document


def test_the_committed_document_is_the_one_that_is_served(running: Service) -> None:
    """If not: python -m entrypoints.http.openapi.asyncapi > docs/asyncapi.json"""
    assert httpx2.get(f"{running.url}/asyncapi.json", verify=NO_TLS).json() == COMMITTED


def test_it_is_asyncapi_3() -> None:
    jsonschema.Draft7Validator(OFFICIAL).validate(COMMITTED)


@pytest.mark.parametrize("part", ["channels", "operations", "components"])
def test_a_misspelt_key_would_be_noticed(part: str) -> None:
    wrong = copy.deepcopy(COMMITTED)
    wrong[part]["adress" if part == "components" else "x"] = {"adress": 1}
    assert not jsonschema.Draft7Validator(OFFICIAL).is_valid(wrong)


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(COMMITTED)):
        place = COMMITTED
        for step in reference.split("/"):
            place = place[step]


def test_every_type_is_documented_with_an_example() -> None:
    assert (
        COMMITTED["components"]["messages"].keys() == COMMITTED["channels"]["entries"]["messages"].keys() == TYPES
    )
    for type, message in COMMITTED["components"]["messages"].items():
        (example,) = message["examples"]
        assert valid(example["payload"], type)


# What is published


@pytest.fixture(scope="module")
async def published(platform: Platform, kafka_servers: str) -> list[Published]:
    """All that became of one fan, who went through everything that can happen."""
    topic = f"test-{uuid.uuid4().hex}"
    with a_scene(platform, {"FANGATE_STREAM": f"kafka://{kafka_servers}/{topic}"}) as scene:
        live(scene)
        deadline = time.monotonic() + 60
        while len(read := await read_kafka(kafka_servers, topic)) < CHANGES and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        return read


def live(scene: Scene) -> None:
    fan = scene.fan("ann")
    fan.confirmed(optIns={"newsletter": True}, attributes={"seat": "東"}, firstName="Ænn")
    fan.registered(markets=["bos", "nyc"])
    scene.select("selected", "ann")
    scene.told("entries/transfer", {"from": "bos", "to": "lax"})
    scene.score(ann=97.5)
    scene.fan("bob").registered()
    scene.post("entries", {"userId": scene.fan("cy").id, "phone": "+12015559999", "markets": ["nyc"]})
    scene.select("waitlisted", "ann")
    dora = scene.fan("dora")
    dora.registered()
    assert scene.ask("DELETE", "entries/me", headers=bearer(dora.id, supreme=False)).status_code == 204
    erased = scene.http.post("/privacy/erasures", json={"userId": dora.id}, headers=bearer())
    assert (erased.status_code, erased.json()["notices"]) == (200, 1)


def test_what_is_published_is_as_documented(published: list[Published]) -> None:
    assert {record.event["type"] for record in published} == TYPES
    for record in published:
        assert valid(record.event, record.event["type"])
        assert set(record.event) <= documented("CloudEvent")
        withdrawn = "status" not in record.event["data"]
        assert withdrawn or record.event["type"] not in {"fangate.entry.withdrawn", "fangate.entry.erased"}
        assert set(record.event["data"]) == documented("WithdrawnBody" if withdrawn else "EntryBody")


def test_keys_and_headers_are_as_documented(published: list[Published]) -> None:
    trait = COMMITTED["components"]["messageTraits"]["keyed"]
    for record in published:
        assert re.search(trait["bindings"]["kafka"]["key"]["pattern"], record.key)
        assert record.key == record.event["subject"].replace("/", ":")
        jsonschema.Draft7Validator(trait["headers"]).validate(record.headers)
        assert set(record.headers) <= set(trait["headers"]["properties"])


def test_revisions_come_in_order_and_none_is_missing(published: list[Published]) -> None:
    revisions: dict[str, dict[int, None]] = {}
    for record in published:
        revisions.setdefault(record.key, {}).setdefault(record.event["data"]["revision"])
    assert all(list(numbers) == list(range(1, len(numbers) + 1)) for numbers in revisions.values())
    assert len(revisions) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "fangate.entry.other"},
        {"specversion": "0.3"},
        {"source": "/elsewhere"},
        {"id": 1},
        {"data": {}},
        {"time": None},
    ],
)
def test_the_document_would_notice_another_event(published: list[Published], wrong: dict[str, Any]) -> None:
    event = published[0].event
    assert not valid(event | wrong, event["type"])
