"""The tests of the model have no network."""

import socket

import pytest
from pytest_socket import SocketBlockedError


def test_there_is_no_network() -> None:
    with pytest.warns(UserWarning, match="tried to use"), pytest.raises(SocketBlockedError):
        socket.create_connection(("127.0.0.1", 9))
