"""From the Kafka options that Spark understands to those of librdkafka.

Spark hands ``kafka.*`` options to Kafka's Java client; whatever streamsql asks a broker
outside Spark goes through librdkafka, which names some things differently. Mapped:
``security.protocol``, ``sasl.mechanism``, ``sasl.jaas.config`` of the PLAIN, SCRAM and
GSSAPI login modules, OAUTHBEARER with client id and secret, ``ssl.*`` with PEM files,
PEM texts, PKCS#12 key stores and trust stores of any kind, and what both name alike. Not
mappable, and a ConnectionFault: key stores in Java's own form (JKS), callback handler and
engine classes, delegation tokens. What only tunes Spark's reading and writing is left out.

Sources: "Security" and "Configuration" in Kafka's documentation; librdkafka's
CONFIGURATION.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from streamsql.errors import ConnectionFault
from streamsql.spark.keystores import StoreFault, is_jks, trusted_certificates


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """A Kafka cluster as a profile names it; ``create_topics`` is whether we may.

    ``options`` are those of Kafka's Java client, with or without Spark's ``kafka.``
    before them. They may hold secrets, so they are left out of the printed form.
    """

    name: str
    bootstrap_servers: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    create_topics: bool = True


_SAME = (
    "security.protocol",
    "client.id",
    "client.dns.lookup",
    "client.rack",
    "metadata.max.age.ms",
    "connections.max.idle.ms",
    "socket.connection.setup.timeout.ms",
    "reconnect.backoff.ms",
    "reconnect.backoff.max.ms",
    "ssl.key.password",
    "sasl.mechanism",
    "sasl.kerberos.service.name",
    "sasl.kerberos.kinit.cmd",
)
_RENAMED = {
    "sasl.oauthbearer.token.endpoint.url": "sasl.oauthbearer.token.endpoint.url",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
}
_JAAS = {
    "username": "sasl.username",
    "password": "sasl.password",
    "principal": "sasl.kerberos.principal",
    "keyTab": "sasl.kerberos.keytab",
    "clientId": "sasl.oauthbearer.client.id",
    "clientSecret": "sasl.oauthbearer.client.secret",
    "scope": "sasl.oauthbearer.scope",
}
_UNMAPPED = re.compile(
    r"sasl\..*\.class$|sasl\.client\.callback.*|ssl\.engine\.factory\.class|security\.providers"
)


def librdkafka_conf(connection: KafkaConnection) -> dict[str, str]:
    """The connection in librdkafka's words. Raises ConnectionFault for what does not map."""
    options = {k.removeprefix("kafka."): v for k, v in connection.options.items()}
    for name in options:
        if _UNMAPPED.fullmatch(name):
            raise _unmapped(connection, name, "runs Java code, which only Spark can")
    conf = {"bootstrap.servers": connection.bootstrap_servers}
    conf |= {name: options[name] for name in _SAME if name in options}
    conf |= {new: options[old] for old, new in _RENAMED.items() if old in options}
    conf |= _login(connection, options)
    conf |= _trust(connection, options)
    conf |= _identity(connection, options)
    if "ssl.endpoint.identification.algorithm" in options:
        algorithm = options["ssl.endpoint.identification.algorithm"]
        conf["ssl.endpoint.identification.algorithm"] = algorithm.lower() or "none"
    return conf


def _login(connection: KafkaConnection, options: Mapping[str, str]) -> dict[str, str]:
    jaas = options.get("sasl.jaas.config")
    if jaas is None:
        return {}
    settings = dict(_jaas_settings(jaas))
    if settings.get("tokenauth", "").lower() == "true":
        raise _unmapped(connection, "sasl.jaas.config", "names a delegation token")
    conf = {new: settings[old] for old, new in _JAAS.items() if old in settings}
    if not conf:
        raise _unmapped(connection, "sasl.jaas.config", "names no user name, principal or client")
    if "sasl.oauthbearer.client.id" in conf:
        conf["sasl.oauthbearer.method"] = "oidc"
    return conf


def _jaas_settings(jaas: str) -> list[tuple[str, str]]:
    """``Module required user="a" password="b";`` → its settings, quotes and escapes undone."""
    found = re.findall(r"""(\w+)\s*=\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s;]+)""", jaas)
    return [
        (name, re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "\"'" else value)
        for name, value in found
    ]


def _trust(connection: KafkaConnection, options: Mapping[str, str]) -> dict[str, str]:
    location = options.get("ssl.truststore.location")
    if location is None:
        return {}
    kind = options.get("ssl.truststore.type", "JKS").upper()
    if kind == "PEM":
        return {"ssl.ca.location": location}
    try:
        pem = trusted_certificates(location, kind, options.get("ssl.truststore.password"))
    except StoreFault as fault:
        raise ConnectionFault(
            f"connection '{connection.name}': the trust store {location} cannot be read: {fault}",
            hint="check ssl.truststore.location, ssl.truststore.type and ssl.truststore.password",
        ) from None
    return {"ssl.ca.pem": pem}


def _identity(connection: KafkaConnection, options: Mapping[str, str]) -> dict[str, str]:
    location = options.get("ssl.keystore.location")
    if location is None:
        return {}
    if options.get("ssl.keystore.type", "JKS").upper() == "PEM":
        # Kafka keeps key and certificates in the one file
        return {"ssl.certificate.location": location, "ssl.key.location": location}
    if is_jks(location):
        raise _unmapped(
            connection,
            "ssl.keystore.location",
            "names a key store in Java's old form; make one in PKCS#12 of it: keytool "
            "-importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12",
        )
    # Java's own tools have made PKCS#12 for years, and read it under either name.
    password = options.get("ssl.keystore.password", "")
    return {"ssl.keystore.location": location, "ssl.keystore.password": password}


def _unmapped(connection: KafkaConnection, option: str, why: str) -> ConnectionFault:
    return ConnectionFault(
        f"connection '{connection.name}': the option {option} {why}",
        hint="streamsql asks brokers for topics and offsets outside Spark, through librdkafka, "
        "which needs an option that it can read",
    )
