"""Java's stores of keys and certificates, for a client that is not Java.

librdkafka reads PEM files, and key stores in PKCS#12. A trust store is read with ``keytool``,
which comes with the Java that Spark needs anyway.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from streamsql.spark.java import find_java

_JKS = b"\xfe\xed\xfe\xed"
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_PASSWORD = "STREAMSQL_STORE_PASSWORD"  # noqa: S105 - the name of a variable
_WITHIN = 30.0  # seconds; it takes half of one


class StoreFault(Exception):  # noqa: N818 - told as a ConnectionFault by whoever asks
    """A store that cannot be read; the message says why."""


def trusted_certificates(location: str, kind: str, password: str | None) -> str:
    """Return the certificates of a trust store (``JKS`` or ``PKCS12``) as PEM.

    Raises:
        StoreFault: there is no such file, the password is wrong, or nothing is in it.
        EnvironmentFault: there is no Java.
    """
    try:
        changed = Path(location).stat().st_mtime_ns
    except OSError as error:
        raise StoreFault(str(error.strerror)) from None
    return _listed(_Store(location, kind, password, changed))


@dataclass(frozen=True, slots=True)
class _Store:
    location: str
    kind: str
    password: str | None
    changed: int


@lru_cache(maxsize=32)  # every question to a broker makes a client of its own
def _listed(store: _Store) -> str:
    keytool = find_java(os.environ).home / "bin" / "keytool"
    told = () if store.password is None else ("-storepass:env", _PASSWORD)
    where = ("-keystore", store.location, "-storetype", store.kind)
    listed = subprocess.run(
        (str(keytool), "-list", "-rfc", *where, *told),
        env={**os.environ, _PASSWORD: store.password or "", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_WITHIN,
        check=False,
    )
    found = _CERTIFICATE.findall(listed.stdout)
    if not found:
        raise StoreFault(_reason(listed.stdout + listed.stderr))
    return "\n".join(found) + "\n"


def _reason(said: str) -> str:
    found = re.search(r"^keytool error: [\w.]+: (.+)$", said, re.MULTILINE)
    return found[1] if found else "it has no certificates that can be read with this password"


def is_jks(location: str) -> bool:
    """Whether a file is a key store in Java's old form, whatever it is said to be."""
    try:
        with Path(location).open("rb") as file:
            return file.read(len(_JKS)) == _JKS
    except OSError:
        return False  # whoever reads it will say so
