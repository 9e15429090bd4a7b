"""A service that takes a large file needs no more memory than for a small one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.servers.aws import ENVIRONMENT
from tests.support.servers.process import Process
from tests.support.tokens import bearer
from tests.support.without_tls import NO_TLS

MIB: Final = 1024 * 1024
LARGE: Final = 256 * MIB
"""The default of FANGATE_UPLOAD_LIMIT."""
SMALL: Final = 96 * MIB
"""A dozen parts of S3: what a process needs while it works is in use then."""
FLAT: Final = 32 * MIB
"""So much more is noise: buffers of the connection, and what the allocator keeps."""
KEPT: Final = 48 * MIB
"""For ``memory:``, which keeps the file."""
BUCKET: Final = "fangate-uploads"
_PEAK: Final = re.compile(r"VmHWM:\s+(\d+) kB")


def peak(process: Process) -> int:
    """The most memory that the process has used since it started, in bytes."""
    found = _PEAK.search(Path(f"/proc/{process.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def pieces(size: int) -> Iterator[bytes]:
    piece = b"x" * (MIB - 1) + b"\n"
    for _ in range(size // MIB):
        yield piece


def upload(scene: Scene, name: str, size: int) -> int:
    """The peak after it."""
    answer = scene.ask("PUT", f"uploads/tm/{name}", headers=bearer(), content=pieces(size))
    assert (answer.status_code, answer.json()["bytes"]) == (201, size), answer.text
    return peak(scene.service)


@contextmanager
def storing(objects: str, request: pytest.FixtureRequest, platform: Platform, folder: Path) -> Iterator[Scene]:
    settings = {"FANGATE_OBJECTS": objects}
    if objects == "file:":
        settings["FANGATE_OBJECTS"] = f"file:{folder}"
    if objects.startswith("s3:"):
        aws_url: str = request.getfixturevalue("aws_url")
        httpx2.put(f"{aws_url}/{BUCKET}", verify=NO_TLS).raise_for_status()
        settings |= {**ENVIRONMENT, "AWS_ENDPOINT_URL": aws_url}
    with a_scene(platform, settings) as scene:
        yield scene


@pytest.mark.parametrize("objects", ["file:", f"s3://{BUCKET}"])
def test_memory_is_flat_for_a_file_of_the_largest_size(
    request: pytest.FixtureRequest, platform: Platform, tmp_path: Path, objects: str
) -> None:
    with storing(objects, request, platform, tmp_path) as scene:
        before = upload(scene, "small.csv", SMALL)

        after = upload(scene, "large.csv", LARGE)

    assert after - before < FLAT


def test_a_store_in_memory_needs_twice_the_file_while_it_is_written(
    request: pytest.FixtureRequest, platform: Platform, tmp_path: Path
) -> None:
    """It keeps the file: it is for development."""
    with storing("memory:", request, platform, tmp_path) as scene:
        before = upload(scene, "small.csv", MIB)

        after = upload(scene, "kept.csv", KEPT)

    assert KEPT < after - before < 2 * KEPT + FLAT
