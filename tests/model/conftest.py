"""No network in these tests: the model does not use it."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    disable_socket(allow_unix_socket=True)  # An event loop wakes itself through a pair of those.
    yield
    enable_socket()
