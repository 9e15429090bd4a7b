"""What operators see of a service of two processes and a worker, from outside."""

import json
import re
from typing import Any

import yaml

from tests.support.paths import ROOT
from tests.support.servers.collector import Spanned
from tests.support.tokens import bearer
from tests.support.waiting import eventually
from tests.system.watching.conftest import FOLLOWED, Watched

DASHBOARD = ROOT / "docs/dashboards/fangate.json"
ALERTS = ROOT / "docs/dashboards/alerts.yml"
OPERATIONS = ROOT / "docs/operations.md"

OURS = re.compile(r"\b(?:fangate|http)_[a-z_]+\b")
EXPOSED = re.compile(r"^# TYPE (\S+) (\w+)$", re.MULTILINE)
SUFFIXES = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def value(text: str, sample: str) -> float | None:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def test_a_registration_is_followed_into_the_worker(watched: Watched) -> None:
    assert watched.registration.headers["x-request-id"] == FOLLOWED

    def told(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
        return [one for one in lines if one["event"] == event and one.get("request_id") == FOLLOWED]

    (published,) = eventually(lambda: told(watched.worker.lines(), "event.published"), bool)
    (answered,) = told(watched.scene.service.lines(), "http.answered")

    def spans() -> dict[str, Spanned]:
        mine = [one for one in watched.collected.spans() if one.trace_id == answered["trace_id"]]
        return {span.name: span for span in mine}

    traced = eventually(spans, lambda found: len(found) == 2)
    parent, child = traced["POST /{campaignId}/entries"], traced["publish memory"]
    assert published["trace_id"] == answered["trace_id"] == parent.trace_id
    assert (parent.parent, child.parent) == ("", parent.span_id)
    assert child.attributes["fangate.request_id"] == FOLLOWED
    assert child.attributes["messaging.message.id"] == published["id"]


def test_what_happened_is_counted_once_however_many_processes_there_are(watched: Watched) -> None:
    def codes(state: str) -> str:
        return f'fangate_codes{{campaign_id="{watched.scene.campaign}",state="{state}",type="tm"}}'

    def counted() -> dict[str, float | None]:
        text = watched.metrics
        return {
            name: value(text, name)
            for name in (
                "fangate_confirmations_sent_total",
                "fangate_confirmations_verified_total",
                'fangate_reservation_conflicts_total{reason="codes.exhausted"}',
                codes("available"),
                codes("reserved"),
                codes("assigned"),
                "fangate_queue_depth",
                "fangate_queue_dead_letters",
                "fangate_outbox_parked_events",
                "fangate_outbox_waiting_entries",
            )
        }

    seen = eventually(counted, lambda seen: list(seen.values()) == [1, 1, 1, 3, 1, 0, 0, 0, 0, 0])
    assert None not in seen.values()
    published = "fangate_events_published_total"
    eventually(lambda: value(watched.worker_metrics, published), lambda count: count == 2)
    assert value(watched.metrics, published) == 0


def test_nothing_private_is_in_the_metrics(watched: Watched) -> None:
    ann = watched.ann
    watched.scene.get(f"entries/{ann.id}?phone={ann.phone[1:]}", headers=bearer())

    for text in (watched.metrics, watched.worker_metrics):
        assert ann.id not in text
        assert ann.phone[1:] not in text
        assert "A1" not in text


def families_exposed(watched: Watched) -> dict[str, str]:
    """Their kinds, without those that tell when a counter was made."""
    families = dict(EXPOSED.findall(watched.metrics + watched.worker_metrics))
    return {name: kind for name, kind in families.items() if not name.endswith("_created")}


def test_dashboard_alerts_and_documents_name_what_is_there(watched: Watched) -> None:
    families = eventually(lambda: families_exposed(watched), lambda names: "fangate_codes" in names)
    exposed = {name + suffix for name, kind in families.items() for suffix in SUFFIXES[kind]}
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", ())]

    assert len(asked) > 10
    assert {name for query in asked for name in OURS.findall(query)} <= exposed
    alerts = [rule["expr"] for rule in rules()]
    assert {name for query in alerts for name in OURS.findall(query)} <= exposed
    assert told() == families


def told() -> dict[str, str]:
    """The metrics that operators are told of, and their kinds."""
    table = OPERATIONS.read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?`) \| (\w+) \|", table, re.MULTILINE)
    return {name: kind for names, kind in rows for name in re.findall(r"`(\w+)", names)}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alert_says_what_to_do_and_where_more_is_written() -> None:
    pages = OPERATIONS.read_text().partition("\n## Alerts\n")[2].partition("\n## ")[0]
    headings = re.findall(r"^### (\w+)$", pages, re.MULTILINE)
    assert sorted(rule["alert"] for rule in rules()) == sorted(headings)
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
        assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{rule['alert'].lower()}"


def test_that_nothing_runs_is_an_alert_too() -> None:
    gone = {rule["alert"]: rule["expr"] for rule in rules() if "absent" in rule["expr"]}
    jobs = set(re.findall(r"job_name: ([\w-]+)", OPERATIONS.read_text()))
    assert jobs == {"fangate", "fangate-worker"}
    assert all(any(f'up{{job="{job}"}}' in expression for expression in gone.values()) for job in jobs)
