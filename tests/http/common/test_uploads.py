"""PUT /{campaignId}/uploads/{type}/{filename}: files without an S3 client."""

import hashlib
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.support.answers import assert_problem
from tests.support.platform import Platform
from tests.support.scene import Scene, a_scene
from tests.support.tokens import bearer

LIMIT = 100_000


@pytest.fixture(scope="module")
def small_files(platform: Platform) -> Iterator[Scene]:
    with a_scene(platform, {"FANGATE_UPLOAD_LIMIT": str(LIMIT)}) as scene:
        yield scene


def put(scene: Scene, path: str, content: Any, **request: Any) -> Any:
    return scene.ask("PUT", f"uploads/{path}", headers=bearer(), content=content, **request)


def test_a_file_of_codes_is_uploaded_and_imported(scene: Scene) -> None:
    content = b"A1\nA2\n"

    answer = put(scene, "tm/batch.csv", content)

    key = f"codes/{scene.campaign}/tm/batch.csv"
    assert answer.status_code == 201
    assert answer.json() == {"key": key, "bytes": 6, "sha256": hashlib.sha256(content).hexdigest()}
    assert scene.told("codes", {"key": key})["inserted"] == 2


def test_a_file_of_scores_is_uploaded_and_read(scorable: Scene) -> None:
    content = f"userId,score\nann-{scorable.campaign},90\n".encode()

    key = put(scorable, "scoring/scores.csv", content).json()["key"]

    assert key == f"scoring/{scorable.campaign}/scores.csv"
    assert scorable.told("entries/scoring", {"key": key})["upserted"] == 1


def test_a_name_that_is_taken_is_replaced_when_asked(scene: Scene) -> None:
    put(scene, "external/a.csv", b"A1")

    assert_problem(put(scene, "external/a.csv", b"B1"), 409, "upload.exists")
    assert_problem(put(scene, "external/a.csv?replace=false", b"B1"), 409, "upload.exists")
    assert put(scene, "external/a.csv?replace=true", b"B1").status_code == 201
    key = f"codes/{scene.campaign}/external/a.csv"
    assert scene.told("codes", {"key": key, "dryRun": True})["sample"] == ["B1"]


@pytest.mark.parametrize("value", ["1", "yes", "True", ""])
def test_replace_is_true_or_false(scene: Scene, value: str) -> None:
    refused = put(scene, f"tm/a.csv?replace={value}", b"A1")

    body = assert_problem(refused, 422, "request.invalid", "/replace")
    assert body["errors"][0]["detail"] == "must be true or false"


@pytest.mark.parametrize(
    "filename", ["..", ".hidden", "../a.csv", "../../../../tmp/a.csv", "a/b.csv", "a\\b.csv", "a\nb", "x" * 201]
)
def test_a_name_that_climbs_is_refused(scene: Scene, filename: str) -> None:
    refused = put(scene, f"tm/{quote(filename, safe='').replace('.', '%2E')}", b"A1")

    assert refused.status_code in {404, 422}, refused.text
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_kind_that_there_is_not(scene: Scene) -> None:
    assert_problem(put(scene, "internal/a.csv", b"A1"), 422, "request.invalid", "/type")


def in_chunks(size: int) -> Iterator[bytes]:
    """Sent without a Content-Length."""
    for _ in range(size // 1_000):
        yield b"x" * 1_000


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_over_the_limit_leaves_nothing(small_files: Scene, announced: bool) -> None:
    content: Any = b"x" * (LIMIT + 1_000) if announced else in_chunks(LIMIT + 1_000)

    path = f"tm/large-{announced}.csv"
    refused = put(small_files, path, content)

    assert_problem(refused, 413, "upload.too_large")
    assert refused.json()["limit"] == LIMIT
    assert put(small_files, path, in_chunks(LIMIT)).status_code == 201


def test_a_caller_that_leaves_in_the_middle_leaves_nothing(scene: Scene) -> None:
    address = urlsplit(scene.service.url)
    head = (
        f"PUT /{scene.campaign}/uploads/tm/half.csv HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: {bearer()['Authorization']}\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + b"x" * 300_000)

    assert put(scene, "tm/half.csv", b"A1").status_code == 201
    leftovers = [path for path in scene.platform.objects.rglob("*") if "half" in path.name]
    assert [path.read_bytes() for path in leftovers] == [b"A1"]
