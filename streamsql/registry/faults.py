"""From what goes wrong between us and a registry to one sentence, and a hint to act on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

from streamsql.errors import ConnectionFault

_LOGIN, _FORBIDDEN, _INCOMPATIBLE = 401, 403, 409
_TOLD = 200  # characters of what a server says: a page of HTML helps nobody


def refused(name: str, url: str, error: Any) -> ConnectionFault:
    """Return the fault for an answer that is an error of the client's protocol."""
    status = error.http_status_code
    if status == _LOGIN:
        return ConnectionFault(
            f"the schema registry '{name}' at {shown(url)} refuses the login (HTTP status 401)",
            hint="check basic.auth.user.info or bearer.auth.token of the connection",
        )
    if status == _FORBIDDEN:
        return ConnectionFault(
            f"the schema registry '{name}' at {shown(url)} forbids this to its user "
            "(HTTP status 403)",
            hint="give this user the right: to read subjects, and to write those it registers",
        )
    said = " ".join(str(error.error_message).split())[:_TOLD]
    if status == _INCOMPATIBLE:
        return ConnectionFault(
            f"the schema registry '{name}' refuses an incompatible schema: {said}",
            hint="'streamsql schema check' says which field breaks whom",
        )
    if error.error_code == -1:  # the client's word for an answer that is not of its protocol
        return no_registry(name, url, f"HTTP status {status}")
    return ConnectionFault(
        f"the schema registry '{name}' answers: {said} (HTTP status {status})",
        hint=f"is {shown(url)} the address of its API?",
    )


def no_registry(name: str, url: str, answer: str) -> ConnectionFault:
    """Return the fault for an answer that no registry gives."""
    return ConnectionFault(
        f"the connection '{name}': what answers at {shown(url)} is no schema registry ({answer})",
        hint="give the address of its API as url: Apicurio's ends in /apis/ccompat/v7",
    )


def unreachable(name: str, url: str, error: BaseException) -> ConnectionFault:
    """Return the fault for a server that cannot be talked to."""
    why, hint = _explained(error, url)
    return ConnectionFault(
        f"the schema registry '{name}' at {shown(url)} cannot be reached: {why}", hint=hint
    )


def _explained(error: BaseException, url: str) -> tuple[str, str]:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return (
                    f"its certificate is refused: {cause.verify_message.rstrip('.')}",
                    "check that url has the name in the certificate, ssl.ca.location the "
                    "authority that signed it, and that the certificate is not over",
                )
            case ssl.SSLError() if "ALERT" in str(cause.reason):
                return (
                    "it refuses the client's certificate, or the want of one",
                    "check ssl.certificate.location and ssl.key.location: a certificate that is "
                    "not over, and signed by an authority that the server trusts",
                )
            case ssl.SSLError():
                return (
                    f"no TLS connection: {reason(cause)}",
                    "check that the server speaks TLS on this port; if not, url begins with http://",
                )
            case socket.gaierror():
                return ("unknown host", "check its url in profiles.yml")
    hint = "check its url in profiles.yml, and that it runs"
    if url.startswith("http://") and "ProtocolError" in type(error).__name__:
        hint = "if it speaks TLS on this port, url begins with https://"
    return (reason(error), hint)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def reason(error: BaseException) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(error.__cause__ or error).split())[:_TOLD] or type(error).__name__


def shown(url: str) -> str:
    """Return addresses without user and password."""
    return ",".join(map(_without_login, url.split(",")))


def _without_login(url: str) -> str:
    scheme, separator, rest = url.strip().partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
