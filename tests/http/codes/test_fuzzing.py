"""Schemathesis: thousands of requests made up from the OpenAPI document, good and bad.

No 5xx, no status, media type or header that is not documented; what does not fit the schema is refused.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scene import Scene
from tests.support.servers.service import Service
from tests.support.tokens import bearer


@pytest.fixture
def documented_campaign(scene: Scene) -> Scene:
    """The campaign of the document's examples, with codes to reserve."""
    example = scene.elsewhere("tour-2026")
    example.put("\n".join(f"X{number}" for number in range(500)), name="batch-1.csv")
    example.post("codes", {"key": "codes/tour-2026/tm/batch-1.csv"})
    return example


@pytest.mark.usefixtures("documented_campaign")
def test_the_service_does_what_its_document_says(running: Service, tmp_path: Path) -> None:
    command: list[str | Path] = [
        Path(sys.executable).parent / "schemathesis",
        "--config-file", Path(__file__).with_name("schemathesis.toml"),
        "run", f"{running.url}/openapi.json", "--exclude-tag", "Entries",  # those are fuzzed by tests/http/entries
        "--header", f"Authorization: {bearer()['Authorization']}",
        "--max-examples", "6", "--generation-deterministic", "--no-color",
    ]  # fmt: skip

    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    generated = re.search(r"(\d+) generated", outcome.stdout)
    assert generated is not None
    assert int(generated[1]) > 500
    assert '"level":"error"' not in running.logged()
