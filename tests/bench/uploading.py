"""A file of codes sent through the service into S3, beside a client of S3 that sends the same file itself."""

import io
import time
from collections.abc import Iterator
from typing import Final

import boto3
import httpx2
from rich.console import Console

from tests.bench.figures import Figure, median
from tests.bench.ground import BUCKET, Ground, client_of, new_campaign
from tests.support.servers.aws import ENVIRONMENT

MIB: Final = 1024 * 1024
ROUNDS: Final = 3
SHARE: Final = 0.7


def run(ground: Ground, console: Console) -> list[Figure]:
    """The two take turns."""
    size = ground.size.upload_mib
    content = (b"x" * 63 + b"\n") * (size * MIB // 64)
    ours: list[float] = []
    raw: list[float] = []
    with ground.service(ground.database()) as running, client_of(running) as client:
        campaign = new_campaign()
        for number in range(ROUNDS):
            raw.append(size / _raw_seconds(ground, f"raw/{campaign}/{number}.csv", content))
            ours.append(size / _seconds(client, f"/{campaign}/uploads/tm/{number}.csv", content))
    share = median(ours) / median(raw)
    console.print(f"  {median(ours):.0f} MiB/s through the service, {median(raw):.0f} MiB/s straight into S3")
    return [
        Figure(
            work=f"upload of {size} MiB into S3",
            measured=f"{median(ours):.0f} MiB/s",
            ceiling=f"boto3 upload_fileobj: {median(raw):.0f} MiB/s",
            outcome=f"{share:.2f}",
            target=f"≥ {SHARE}",
            met=share >= SHARE,
        )
    ]


def _seconds(client: httpx2.Client, path: str, content: bytes) -> float:
    began = time.perf_counter()
    answer = client.put(path, content=_pieces(content))
    assert answer.json()["bytes"] == len(content), answer.text
    return time.perf_counter() - began


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), MIB):
        yield content[start : start + MIB]


def _raw_seconds(ground: Ground, key: str, content: bytes) -> float:
    """As a client does it that has a key: in parts, several at once."""
    httpx2.put(f"{ground.aws_url}/{BUCKET}").raise_for_status()
    client = boto3.client(
        "s3",
        endpoint_url=ground.aws_url,
        region_name=ENVIRONMENT["AWS_REGION"],
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )
    began = time.perf_counter()
    client.upload_fileobj(io.BytesIO(content), BUCKET, key)
    return time.perf_counter() - began
