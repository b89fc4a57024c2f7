"""Texts that look like secrets, found by their form and never repeated.

Forms are those that their issuers document (keys of AWS, GitHub and Slack, JWT, PEM), user and
password in a URI, and what is given to a key that is called a password, token or the like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

MASK = "*****"


class Secret(NamedTuple):
    """What a text looks like, and from which offset to which."""

    what: str
    start: int
    end: int


# Compiled by ``re`` when the first text has one of the marks: most never do.
_FORMS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "a key of AWS": (("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a JSON Web Token": (
        ("eyj",),
        r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    ),
    "a private key": (
        ("private key-",),
        r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----",
    ),
    "a token of GitHub": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        r"\bgh[pousr]_[A-Za-z0-9]{36,}",
    ),
    "a token of Slack": (("xox",), r"\bxox[abprs]-[\w-]{10,}"),
    "a password in a URI": (
        ("://",),
        r"\b\w{2,20}://[^\s/:@'\"{}]{1,100}:(?P<value>[^\s/@'\"{}$]{3,100})@",
    ),
}
_WORDS = ("password", "passwd", "secret", "token", "api_key", "apikey", "access_key", "credential")
_NAME = (
    r"(?<![\w.\-])(?:[\w.\-]{0,80}[._\-])?(?:password|passwd|secret|token|api_?key|access_key"
    r"|secret_key|private_key|credentials?)"
)
_QUOTED = r"(?:\"(?P<double>[^\"\n{}$]{4,200})\"|'(?P<single>[^'\n{}$]{4,200})')"
_PLAIN = r"(?P<plain>[^\s'\"{}\[\],#$*&|>][^\s'\"{}\[\],#]{3,200})"
_GIVEN_IN_JINJA = rf"(?i){_NAME}['\"]?\s*[=:]\s*{_QUOTED}"
# Without quotes only where a key can stand: prose has colons too.
_KEY = r"(?:^[ \t]*(?:-[ \t]+)?|[{,][ \t]*)['\"]?"
_GIVEN = (
    rf"(?im)(?:{_NAME}['\"]?[ \t]*[=:]\s*{_QUOTED}|{_KEY}{_NAME}['\"]?[ \t]*[=:][ \t]*{_PLAIN})"
)
_MARKS = (*(mark for marks, _ in _FORMS.values() for mark in marks), *_WORDS)
_JINJA = re.compile(r"\{[{%].{0,5000}?[%}]\}", re.DOTALL)
_NO_SECRETS = frozenset({"null", "none", "true", "false", "unset", "changeme", "string", "binary"})


@lru_cache(maxsize=16_384)  # an editor asks at each keystroke, and most files are as they were
def find_secrets(path: str, text: str) -> tuple[Secret, ...]:
    """Return what looks like a secret in a file of a project."""
    return tuple(_secrets(path, text))


def _secrets(path: str, text: str) -> Iterator[Secret]:
    lowered = text.lower()
    if not any(map(lowered.__contains__, _MARKS)):
        return  # as nearly every line and file
    for what, (marks, form) in _FORMS.items():
        if any(mark in lowered for mark in marks):
            for found in re.finditer(form, text):
                group = "value" if "value" in found.re.groupindex else 0
                yield Secret(what, found.start(group), found.end(group))
    if any(word in lowered for word in _WORDS):
        yield from _given(path, text)


def without_secrets(path: str, line: str) -> str:
    """Return a line of a file with a mask over what looks like a secret."""
    for secret in sorted(find_secrets(path, line), key=lambda s: s.start, reverse=True):
        line = line[: secret.start] + MASK + line[secret.end :]
    return line


def _given(path: str, text: str) -> Iterator[Secret]:
    """Yield values of keys with a telling name: in SQL, those inside Jinja alone."""
    if not path.endswith(".sql"):
        yield from _values(_GIVEN, text, 0)
        return
    for block in _JINJA.finditer(text):
        yield from _values(_GIVEN_IN_JINJA, block[0][2:-2], block.start() + 2)


def _values(form: str, text: str, offset: int) -> Iterator[Secret]:
    for found in re.finditer(form, text):
        group = found.lastgroup
        if group is None or found[group].strip().lower() in _NO_SECRETS:
            continue
        yield Secret("a password or token", offset + found.start(group), offset + found.end(group))
