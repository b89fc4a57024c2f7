"""What a broker or its user refuses is one line that names the connection, and soon."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from security.secured_broker import STORE_PASSWORD, USERS, Secured
from security.secured_project import write_project

from streamsql.cli import cli
from streamsql.spark.kafka import TopicSpec, create_topics

pytestmark = [pytest.mark.kafka, pytest.mark.spark]  # the command looks for Java and pyspark first

SOON = 60.0  # seconds, on the slowest machine; nothing here starts Spark
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


def login(user: str, password: str, mechanism: str = "PLAIN") -> dict[str, str]:
    module = PLAIN if mechanism == "PLAIN" else SCRAM
    jaas = f'{module} required username="{user}" password="{password}";'
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.jaas.config": jaas,
    }


def tls(trusted: str = "{ca}", **more: str) -> dict[str, str]:
    named = {key.replace("_", "."): value for key, value in more.items()}
    trust = {"ssl.truststore.type": "PEM", "ssl.truststore.location": trusted}
    return {"security.protocol": "SSL", **trust, **named}


def pem(path: str) -> dict[str, str]:
    return {"ssl_keystore_type": "PEM", "ssl_keystore_location": path}


REFUSED: Mapping[str, tuple[str, dict[str, str], str]] = {
    "wrong password": ("PASSWORD", login("shop", "wr0ng-word"), "refuses the login"),
    "wrong password, SCRAM": (
        "PASSWORD",
        login("shop", "wr0ng-word", "SCRAM-SHA-256"),
        "refuses the login",
    ),
    "unknown user": ("PASSWORD", login("nobody", "wr0ng-word"), "refuses the login"),
    "no mechanism": (
        "PASSWORD",
        {k: v for k, v in login("shop", "wr0ng-word").items() if k != "sasl.mechanism"},
        "GSSAPI",
    ),
    "unknown authority": ("TLS", tls("{stranger}"), "unable to get local issuer certificate"),
    "expired certificate": ("EXPIRED", tls(), "certificate has expired"),
    "another host": ("ELSEWHERE", tls(), "IP address mismatch"),
    "no client's certificate": ("MUTUAL", tls(), "refuses the client's certificate"),
    "expired client's certificate": (
        "MUTUAL",
        tls(**pem("{expired_client}")),
        "refuses the client's certificate",
    ),
    "plaintext to TLS": ("TLS", {}, "the server speaks TLS, and security.protocol is PLAINTEXT"),
    "TLS to plaintext": ("PASSWORD", tls(), "no TLS connection"),
    "no such file": ("TLS", tls("/nowhere/ca.pem"), "ssl.ca.location"),
    "store with another password": (
        "TLS",
        {
            "security.protocol": "SSL",
            "ssl.truststore.location": "{jks}",
            "ssl.truststore.password": "wr0ng-word",
        },
        "password was incorrect",
    ),
    "key store of Java's": (
        "TLS",
        tls(ssl_keystore_location="{jks}", ssl_keystore_password=STORE_PASSWORD),
        "names a key store in Java's old form",
    ),
}


def _weighed(case: str) -> Any:
    """Who hangs up may come back, so that is waited for."""
    return pytest.param(case, marks=pytest.mark.slow) if case == "plaintext to TLS" else case


@pytest.mark.parametrize("case", [_weighed(case) for case in REFUSED])
def test_who_is_not_let_in_is_told_why(case: str, tmp_path: Path, secured: Secured) -> None:
    door, options, told = REFUSED[case]
    files = {
        "ca": secured.authority.pem,
        "stranger": secured.stranger.pem,
        "expired_client": secured.expired_client.pem,
        "jks": secured.stores["jks"],
    }
    placed = {
        key: value.format(**files) if "{" in value else value for key, value in options.items()
    }
    begun = time.monotonic()
    done = run(tmp_path, secured.door(door), placed)
    assert time.monotonic() - begun < SOON
    assert_refused(done, told)
    assert "wr0ng-word" not in done.output


def test_a_right_that_is_missing_is_named(tmp_path: Path, secured: Secured) -> None:
    """First all is missing; each right that is given brings the next one up."""
    create_topics(secured.broker.connection, [TopicSpec("refused.c.orders", 1, 1)])
    options = login("guest", USERS["guest"])

    def refused(number: int, told: str) -> None:
        assert_refused(run(tmp_path / str(number), secured.door("PASSWORD"), options), told)

    refused(1, "topic 'refused.c.o")
    secured.allow("User:guest", "DESCRIBE", "refused.c.", pattern="PREFIXED")
    refused(2, "its user may not create topic 'refused.c.out', nor read topic 'refused.c.orders'")
    secured.allow("User:guest", "READ", "refused.c.orders")
    refused(3, "its user may not create topic 'refused.c.out'")
    create_topics(secured.broker.connection, [TopicSpec("refused.c.out", 1, 1)])
    refused(4, "its user may not write topic 'refused.c.out'")


def test_a_right_that_a_pattern_needs_is_named(tmp_path: Path, secured: Secured) -> None:
    """Of topics that one may see, and not read."""
    create_topics(secured.broker.connection, [TopicSpec("pattern.c.orders.1", 1, 1)])
    secured.allow("User:guest", "DESCRIBE", "pattern.c.", pattern="PREFIXED")
    secured.allow("User:guest", "CREATE", "pattern.c.out")
    secured.allow("User:guest", "WRITE", "pattern.c.out")
    connection: dict[str, Any] = {
        "type": "kafka",
        "bootstrap_servers": secured.door("PASSWORD"),
        "options": login("guest", USERS["guest"]),
    }
    project = write_project(tmp_path, {"c": connection}, "pattern")
    sources = project / "models/sources.yml"
    matched = "topic_pattern: 'pattern[.]c[.]orders[.].*'"
    sources.write_text(sources.read_text().replace("topic: pattern.c.orders", matched))
    done = CliRunner().invoke(cli, ["run", "--once", "--project-dir", str(project)])
    assert_refused(done, "its user may not read topic 'pattern.c.orders.1'")


def run(root: Path, address: str, options: Mapping[str, str]) -> Result:
    connection: dict[str, Any] = {
        "type": "kafka",
        "bootstrap_servers": address,
        "options": dict(options),
    }
    project = write_project(root, {"c": connection}, "refused")
    return CliRunner().invoke(cli, ["run", "--once", "--project-dir", str(project)])


def assert_refused(done: Result, told: str) -> None:
    """One line and its hint, exit code 1."""
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.output
    assert lines[0].startswith("error: connection 'c'")
    assert told in lines[0]
    assert lines[1].startswith("hint: ")
    assert done.exit_code == 1
    assert "Traceback" not in done.output
