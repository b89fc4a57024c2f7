"""TCP ports on loopback."""

from __future__ import annotations

import socket

from streamsql.errors import EnvironmentFault

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on now; another process may take it before we do."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        # As servers do: connections of the last server that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(port: int, what: str) -> int:
    """Return ``port``, or raise an EnvironmentFault that names it and what wants it."""
    if not 0 < port < 65536:
        raise EnvironmentFault(f"{port} is no port", hint="choose one from 1024 to 65535")
    if not is_free(port):
        raise EnvironmentFault(
            f"port {port}, asked for by {what}, is taken or may not be used",
            hint=f"end the process that listens on {LOOPBACK}:{port}, or choose another port",
        )
    return port


def answers(port: int) -> bool:
    """Whether something accepts connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0
