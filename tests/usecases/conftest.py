"""Nothing here may reach for the network: what these tests are about knows of none."""

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

from tests.usecases.codes.inventory import Inventory


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    disable_socket(allow_unix_socket=True)  # An event loop wakes itself through a pair of those.
    yield
    enable_socket()


@pytest.fixture
def inventory() -> Inventory:
    return Inventory()
