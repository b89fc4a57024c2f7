"""Keeping secrets out of whatever is printed, logged or written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, unquote

from streamsql.findings import Finding
from streamsql.secrets import MASK

# Shorter ones would tear holes into every text; they are no secrets either.
_SHORTEST = 3
_SECRET_WORDS = ("password", "passwd", "secret", "token", "credential", "sas")
_SECRET_ENDS = (".key", "_key", ".keystore", "jaas.config", "user.info", "private-key", "apikey")

_LOGIN_SECRET = re.compile(
    r"(?i)\b(?:password|clientSecret)\s*=\s*"
    r"(?:\"(?P<double>(?:\\.|[^\"\\])*)\"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<plain>[^\s;\"']+))"
)

_URL_LOGIN = re.compile(r"://[^/@:,]*:([^/@,]+)@")


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in a text, the longest first, also where it spans lines."""
    worthy = sorted({s for s in secrets if len(s) >= _SHORTEST}, key=len, reverse=True)
    if not worthy:
        return text
    return re.sub("|".join(re.escape(s) for s in worthy), MASK, text)


def mask_finding(finding: Finding, secrets: Iterable[str]) -> Finding:
    """Return the finding with no secret in its words."""
    secrets = tuple(secrets)
    if not secrets:
        return finding
    hint = None if finding.hint is None else mask(finding.hint, secrets)
    return finding._replace(message=mask(finding.message, secrets), hint=hint)


def is_secret_option(name: str) -> bool:
    """Tell by its name whether an option's value must never be shown.

    >>> is_secret_option("kafka.ssl.keystore.password"), is_secret_option("sasl.mechanism")
    (True, False)
    """
    lowered = name.lower()
    words = re.split(r"[._\-]", lowered)
    return any(word in _SECRET_WORDS for word in words) or lowered.endswith(_SECRET_ENDS)


def secret_options(options: Mapping[str, str]) -> set[str]:
    """Return the values that must never be shown, with the passwords inside a JAAS text."""
    values = {value for name, value in options.items() if is_secret_option(name)}
    inner = {text for value in values for text in _secrets_of_login(value)}
    logins = {v.partition(":")[2] for k, v in options.items() if k.lower().endswith("user.info")}
    return {value for value in values | inner | logins if value}


def secret_parameters(url: str) -> set[str]:
    """Return what must never be shown of a URL: the password before its host, and parameters
    such as ``sslpassword``."""
    parameters = parse_qsl(url.partition("?")[2])
    given = {
        value
        for name, value in parameters
        if is_secret_option(name) or name.lower().endswith("password")
    }
    login = {text for found in _URL_LOGIN.finditer(url) for text in (found[1], unquote(found[1]))}
    return given | login


def _secrets_of_login(jaas: str) -> Iterator[str]:
    """Yield the passwords of a JAAS text as they stand there and as they are meant."""
    for found in _LOGIN_SECRET.finditer(jaas):
        text = found["double"] or found["single"] or found["plain"] or ""
        yield from (text, re.sub(r"\\(.)", r"\1", text))
