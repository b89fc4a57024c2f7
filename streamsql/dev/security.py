"""Further doors of the embedded broker: TLS, passwords, certificates of clients, and rights.

Its own plain door stays open, on loopback alone, to whoever set it up. Source of the settings:
"Security" in Kafka's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
_PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
_AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"


@dataclass(frozen=True, slots=True)
class Listener:
    """A door with a name. ``protocol`` is Kafka's: ``SSL``, ``SASL_PLAINTEXT`` or ``SASL_SSL``.

    ``keystore`` is a PEM file with the broker's key and certificates, for those with TLS;
    ``mutual`` asks clients for a certificate as well.
    """

    name: str
    protocol: str
    keystore: Path | None = None
    mutual: bool = False


@dataclass(frozen=True, slots=True)
class Security:
    """Doors, and who may come in by them.

    ``users`` are names and passwords, for PLAIN and SCRAM alike. ``truststore`` is a PEM file
    with the authorities whose clients' certificates are believed. With ``rights``, users may do
    what they were given the rights to, and nothing else; those of the plain door may do all.
    """

    listeners: tuple[Listener, ...]
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    truststore: Path | None = None
    rights: bool = True

    def settings(self) -> dict[str, str]:
        """Return the broker's settings for all of it, ports excepted."""
        found: dict[str, str] = {}
        for listener in self.listeners:
            prefix = f"listener.name.{listener.name.lower()}."
            if listener.protocol.startswith("SASL_"):
                found |= {prefix + key: value for key, value in self._logins().items()}
            if listener.protocol.endswith("SSL"):
                found |= {prefix + key: value for key, value in self._tls(listener).items()}
        if self.rights:
            found |= {"authorizer.class.name": _AUTHORIZER, "super.users": "User:ANONYMOUS"}
        return found

    def scram_users(self) -> tuple[str, ...]:
        """Return the users as arguments of the program that lays out storage."""
        given = (
            f"{mechanism}=[name={name},password={password}]"
            for name, password in self.users.items()
            for mechanism in SCRAM
        )
        return tuple(argument for user in given for argument in ("--add-scram", user))

    def _logins(self) -> dict[str, str]:
        users = "".join(f' user_{name}="{password}"' for name, password in self.users.items())
        scram = {f"{m.lower()}.sasl.jaas.config": f"{_SCRAM_LOGIN} required;" for m in SCRAM}
        return {
            "sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAM)),
            "plain.sasl.jaas.config": f"{_PLAIN_LOGIN} required{users};",
            **scram,
        }

    def _tls(self, listener: Listener) -> dict[str, str]:
        settings = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(listener.keystore)}
        if self.truststore is not None:
            settings |= {
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": str(self.truststore),
            }
        return settings | {"ssl.client.auth": "required" if listener.mutual else "none"}
