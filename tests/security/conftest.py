"""One broker with a door for each way of coming in, and certificates of every kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from security.certificates import make_authority, make_identity, pkcs12_of, truststore_of
from security.secured_broker import STORE_PASSWORD, USERS, Secured

from streamsql.dev.broker import start
from streamsql.dev.security import Listener, Security
from streamsql.spark.java import Java


@pytest.fixture(scope="session")
def secured(
    java: Java, broker_jars: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    ours, theirs = make_authority(folder, "our-authority"), make_authority(folder, "stranger")
    server = make_identity(ours, "broker").pem
    old = make_identity(ours, "old-broker", days=-1).pem
    elsewhere = make_identity(ours, "other-host", host="kafka.example.com").pem
    client = make_identity(ours, "shop-client")
    security = Security(
        listeners=(
            Listener("PASSWORD", "SASL_PLAINTEXT"),
            Listener("PASSWORD_TLS", "SASL_SSL", server),
            Listener("TLS", "SSL", server),
            Listener("MUTUAL", "SSL", server, mutual=True),
            Listener("EXPIRED", "SSL", old),
            Listener("ELSEWHERE", "SSL", elsewhere),
        ),
        users=USERS,
        truststore=ours.pem,
    )
    stores = {
        "jks": truststore_of(ours, java, "JKS", STORE_PASSWORD),
        "pkcs12": truststore_of(ours, java, "PKCS12", STORE_PASSWORD),
        "client": pkcs12_of(client, ours, STORE_PASSWORD),
    }
    expired = make_identity(ours, "old-client", days=-1)
    with start(
        folder / "broker", java=java, jars=broker_jars, env=os.environ, security=security
    ) as broker:
        yield Secured(broker, ours, theirs, client, expired, stores)
