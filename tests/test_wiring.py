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
WITHOUT_THEM = ("commands", "token", "config", "codes", "migrate", "worker", "working", "serve")
WITH_LITESTAR = "serving"
IMPORTED = """
import sys
from importlib import import_module

for name in {names}:
    import_module("entrypoints.cli." + name)
    print(name, *sorted(set({libraries}) & sys.modules.keys()))
"""


def test_a_process_starts_without_libraries_that_its_settings_do_not_name() -> None:
    """One process imports the modules one after the other: what one of them imports is there for the next."""
    program = IMPORTED.format(names=(*WITHOUT_THEM, WITH_LITESTAR), libraries=SLOW_TO_IMPORT)
    outcome = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.splitlines() == [*WITHOUT_THEM, f"{WITH_LITESTAR} litestar"]
