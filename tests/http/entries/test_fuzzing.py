"""Schemathesis: thousands of requests made up from the OpenAPI document, good and bad.

No 5xx, no status, media type or header that is not documented; what does not fit the schema is refused.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.platform import Platform
from tests.support.registrations import a_fan, fan_body
from tests.support.scene import Fan, Scene
from tests.support.servers.service import Service
from tests.support.tokens import bearer


@pytest.fixture
def documented_campaign(scene: Scene, platform: Platform) -> Scene:
    """The campaign and the fan of the document's examples, and the account of the caller."""
    example = scene.elsewhere("tour-2026").opens()
    platform.put_fans(fan_body(a_fan("fan-1")), fan_body(a_fan("staff")))
    Fan(example, "fan-1").confirmed()
    return example


@pytest.mark.usefixtures("documented_campaign")
def test_the_service_does_what_its_document_says(running: Service, tmp_path: Path) -> None:
    command: list[str | Path] = [
        Path(sys.executable).parent / "schemathesis",
        "--config-file", Path(__file__).with_name("schemathesis.toml"),
        "run", f"{running.url}/openapi.json", "--include-tag", "Entries",
        "--header", f"Authorization: {bearer()['Authorization']}",
        "--max-examples", "6", "--generation-deterministic", "--no-color",
    ]  # fmt: skip

    hooks = {"SCHEMATHESIS_HOOKS": "tests.http.entries.lines", "PYTHONPATH": str(ROOT)}

    outcome = subprocess.run(
        command, cwd=tmp_path, env=os.environ | hooks, capture_output=True, text=True, timeout=600, check=False
    )

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    generated = re.search(r"(\d+) generated", outcome.stdout)
    assert generated is not None
    assert int(generated[1]) > 500
    assert '"level":"error"' not in running.logged()
