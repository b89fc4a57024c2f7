from __future__ import annotations

import socket

import pytest

from streamsql.errors import EnvironmentFault
from streamsql.spark.ports import LOOPBACK, answers, free_port, is_free, require_free


def test_a_free_port_can_be_taken() -> None:
    port = free_port()
    assert is_free(port)
    assert not answers(port)
    assert require_free(port, "a test") == port


def test_a_taken_port_is_named() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert answers(port)
        assert not is_free(port)
        with pytest.raises(EnvironmentFault, match=f"port {port}, asked for by a test, is taken"):
            require_free(port, "a test")


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(EnvironmentFault, match="is no port"):
        require_free(port, "a test")
