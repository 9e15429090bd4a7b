"""S3, SQS, SNS and Kinesis on this machine, without an account: moto's server, as a process of its own."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from tests.support.servers.answering import answering
from tests.support.servers.ports import free_port

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
}
"""What a client of it needs beside AWS_ENDPOINT_URL."""
AS_A_TEST: Final = {
    "aws_access_key_id": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
    "aws_secret_access_key": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    "region_name": ENVIRONMENT["AWS_REGION"],
}
"""The same, for a client of the tests' own."""
KINESIS: Final = {"moto": "aws_url", "kinesis-local": "second_kinesis_url"}
SQS: Final = {"moto": "moto_sqs_url", "elasticmq": "second_sqs_url"}
"""The servers that play them, and the fixtures with their URLs."""


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """As AWS adapters are configured: through this process's environment."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def aws_server() -> Iterator[str]:
    """Its endpoint URL, for as long as the block lasts."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with answering(command, f"{url}/moto-api/"):
        yield url
