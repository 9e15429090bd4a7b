"""What libraries log takes the form of our own, without what they may quote."""

import json
import subprocess
import sys

PROGRAM = """
import logging
from entrypoints.logs import configure_logs

configure_logs("info")
logging.getLogger("driver").warning("refused %s", "SECRET-CODE-1")
logging.getLogger("driver").info("chatter")
try:
    raise ValueError("SECRET-CODE-1")
except ValueError:
    logging.getLogger("server").exception("broken\\nSECRET-CODE-1")
"""


def test_neither_arguments_nor_messages_of_exceptions_are_logged() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)

    refused, broken = map(json.loads, run.stderr.splitlines())
    assert run.stdout == ""
    assert "SECRET" not in run.stderr
    assert (refused["logger"], refused["message"], refused["level"]) == ("driver", "refused %s", "warning")
    assert (broken["message"], broken["error"], broken["level"]) == ("broken", "ValueError", "error")
    assert broken["at"] == ["<string>:9 <module>"]
