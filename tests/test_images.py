"""What the image is built with: `make pin-images`, the bytecode, and the lock files."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT
from tests.support.servers.starting import inherited

PIN: Final = ROOT / "deploy/image/pin.py"
BYTECODE: Final = ROOT / "deploy/image/bytecode.py"
DIGEST: Final = "sha256:" + "0123456789abcdef" * 4
FILES: Final = ("Dockerfile", "docker-compose.yml")
LOCKS: Final = sorted((ROOT / "requirements").glob("*.txt"))
PACKAGE: Final = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text((ROOT / name).read_text())
    return tmp_path


def pin(project: Path, docker: str) -> "subprocess.CompletedProcess[str]":
    """Run it where ``docker`` is this script."""
    program = project / "bin/docker"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{docker}\n")
    program.chmod(0o755)
    return subprocess.run(
        [sys.executable, PIN, project],
        env=os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


ANSWER: Final = f"""echo '{{"mediaType": "x", "digest": "{DIGEST}", "size": 528}}'"""


def test_the_digest_of_each_image_that_is_pulled_stands_behind_its_tag(project: Path) -> None:
    for _ in range(2):  # The second run replaces what the first one wrote.
        assert pin(project, ANSWER).returncode == 0
    dockerfile, compose = ((project / name).read_text() for name in FILES)
    assert re.findall(rf"^FROM python:[\w.-]+@{DIGEST}(?: AS build)?$", dockerfile, re.MULTILINE) != []
    pulled = re.findall(r"^    image: (\S+)$", compose, re.MULTILINE)
    assert len(pulled) == 3
    assert [image for image in pulled if not image.endswith(f"@{DIGEST}")] == []
    assert (dockerfile + compose).replace(f"@{DIGEST}", "") == "".join((ROOT / name).read_text() for name in FILES)


@pytest.mark.parametrize(
    ("docker", "cause"),
    [
        ("echo 'no such host' >&2; exit 1", "no such host"),
        ("""echo '{"digest": "latest"}'""", "no digest: latest"),
    ],
)
def test_if_a_registry_gives_no_digest_it_says_so_and_writes_nothing(
    project: Path, docker: str, cause: str
) -> None:
    ran = pin(project, docker)
    assert ran.returncode == 1
    assert cause in ran.stderr
    assert [name for name in FILES if (project / name).read_text() != (ROOT / name).read_text()] == []


LOADED: Final = ("entrypoints.cli.commands", "entrypoints.cli.serving", "entrypoints.cli.working")
LOADED_BY_UVICORN: Final = ("uvicorn.loops.uvloop", "uvicorn.lifespan.on")
LOADING: Final = f"import {', '.join([*LOADED, *LOADED_BY_UVICORN])}"


def run_python(*arguments: str | Path) -> str:
    """What it says on standard error."""
    environment = inherited() | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr[-2_000:]
    return ran.stderr


def test_a_process_of_the_image_compiles_no_module_again(tmp_path: Path) -> None:
    cache = ("-X", f"pycache_prefix={tmp_path}")
    run_python(*cache, BYTECODE)
    told = run_python(*cache, "-B", "-v", "-c", LOADING)
    assert re.findall(r"^# code object from .+\.py'?$", told, re.MULTILINE) == []
    assert len(re.findall(r"^# .+\.pyc matches /", told, re.MULTILINE)) > 1_000


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_has_the_hash_of_each_package_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 40
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_the_tools_of_the_audit_are_neither_in_the_image_nor_with_the_developers() -> None:
    runtime, dev, audit = (set(PACKAGE.findall((ROOT / f"requirements/{name}.txt").read_text()))
                           for name in ("runtime", "dev", "audit"))  # fmt: skip
    tools = {"cyclonedx-bom", "pip-audit"}
    assert tools <= audit
    assert not tools & (runtime | dev)
