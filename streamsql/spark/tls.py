"""Why a connection fails, asked of the server itself.

librdkafka says only that a certificate could not be verified, and of a server that is not there
often that it did not answer in time.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

_WITHIN = 3.0  # seconds


def verification_fault(address: str, conf: Mapping[str, str]) -> str | None:
    """Return what is wrong with the certificate of the server at ``host:port``, None if nothing.

    ``conf`` is librdkafka's, which names the authorities that are believed.
    """
    try:
        context = ssl.create_default_context(
            cafile=conf.get("ssl.ca.location"), cadata=conf.get("ssl.ca.pem")
        )
        _greet(address, context)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message.rstrip(".")
    except (OSError, ValueError):
        return None
    return None


def unreachable(address: str) -> str | None:
    """Return why the server at ``host:port`` takes no connection, None if it does or if that is
    no address of this form."""
    try:
        _connect(address).close()
    except (socket.gaierror, ConnectionResetError, ValueError):
        return None  # whoever resets a connection has taken it
    except OSError as error:
        return error.strerror or str(error)
    return None


def speaks_tls(address: str) -> bool:
    """Whether the server at ``host:port`` answers a TLS handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent but the handshake
    try:
        _greet(address, context)
    except (OSError, ValueError):
        return False
    return True


def _greet(address: str, context: ssl.SSLContext) -> None:
    name = address.rpartition(":")[0].strip("[]")
    with _connect(address) as plain, context.wrap_socket(plain, server_hostname=name):
        pass


def _connect(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _WITHIN)
