"""The OpenAPI document under Redocly's recommended rules, as its readers' tools see it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.support.paths import ROOT
from tests.support.servers.backends import unavailable
from tests.support.servers.service import Service
from tests.support.without_tls import NO_TLS

LINTER: Final = ROOT / "node_modules/.bin/redocly"
QUIET: Final = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


@pytest.fixture(scope="module")
def linter() -> Path:
    if not LINTER.exists():
        unavailable("Redocly's linter; with Node >= 20.19 at hand, `make test` installs it")
    return LINTER


def lint(linter: Path, document: Path) -> list[str]:
    """What the linter finds."""
    done = subprocess.run(
        [linter, "lint", document, "--format", "json"],
        cwd=document.parent,
        env=dict(os.environ) | QUIET,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.startswith("{"), done.stderr
    return [f"{problem['ruleId']}: {problem['message']}" for problem in json.loads(done.stdout)["problems"]]


def test_nothing_is_to_be_found_fault_with(linter: Path, running: Service, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_bytes(httpx2.get(f"{running.url}/openapi.json", verify=NO_TLS).content)
    assert lint(linter, document) == []


def test_a_fault_would_be_found(linter: Path, running: Service, tmp_path: Path) -> None:
    described = httpx2.get(f"{running.url}/openapi.json", verify=NO_TLS).json()
    del described["paths"]["/{campaignId}/reserve"]["post"]["operationId"]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(described))
    assert [found.partition(":")[0] for found in lint(linter, document)] == ["operation-operationId"]
