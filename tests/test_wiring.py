"""Settings and wiring agree: each address that the settings accept has an adapter, and the other way round."""

import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from entrypoints.bootstrap import tables
from entrypoints.config.settings import Settings
from tests.support.paths import ROOT

TABLES: Mapping[str, Mapping[str, Any]] = {
    "store": tables.STORES,
    "objects": tables.OBJECT_STORES,
    "campaigns": tables.CAMPAIGNS,
    "users": tables.USERS,
    "fanscore": tables.FANSCORES,
    "fraud": tables.FRAUD_DETECTIONS,
    "sms": tables.SMS,
    "queue": tables.QUEUES,
    "receipts": tables.RECEIPTS,
    "realtime": tables.LIVE_UPDATES,
    "stream": tables.STREAMS,
    "beacon": tables.BEACONS,
}


@pytest.mark.parametrize("setting", TABLES)
def test_each_scheme_that_a_setting_accepts_has_an_adapter(setting: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({setting: "no-such-scheme:"})
    message = str(refused.value).partition("must begin with one of ")[2]
    accepted = re.findall(r"([a-z0-9+]+):", message.partition("[")[0])
    assert set(accepted) == TABLES[setting].keys(), "see entrypoints/bootstrap/tables.py and config/settings.py"


def test_each_setting_that_picks_an_adapter_is_tested() -> None:
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    picking = {name for name, default in defaults.items() if isinstance(default, str) and ":" in default}
    assert picking == TABLES.keys()


SLOW_TO_IMPORT = ("aioboto3", "aiokafka", "beanie", "litestar", "pymongo")
IMPORTED = "import sys, {module}; print(*sorted(set({libraries}) & sys.modules.keys()))"


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("entrypoints.cli.commands", ""),
        ("entrypoints.cli.token", ""),
        ("entrypoints.cli.config", ""),
        ("entrypoints.cli.codes", ""),
        ("entrypoints.cli.migrate", ""),
        ("entrypoints.cli.worker", ""),
        ("entrypoints.cli.working", ""),
        ("entrypoints.cli.serve", ""),
        ("entrypoints.cli.serving", "litestar"),
    ],
)
def test_a_process_starts_without_libraries_that_its_settings_do_not_name(module: str, needed: str) -> None:
    program = IMPORTED.format(module=module, libraries=SLOW_TO_IMPORT)
    outcome = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == needed
