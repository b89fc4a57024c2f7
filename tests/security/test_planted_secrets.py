"""Secrets reach Spark and the broker, and nothing that is written or said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from main_job.command import Ended, streamsql
from security.secured_broker import STORE_PASSWORD, USERS, Secured
from security.secured_project import write_project

from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

OTHER = "correct-horse-battery"
SECRETS = (USERS["shop"], STORE_PASSWORD, OTHER)
ENV = {
    "STREAMSQL_ENV_SECRET_KAFKA": USERS["shop"],
    "STREAMSQL_ENV_SECRET_STORE": STORE_PASSWORD,
    "STREAMSQL_ENV_SECRET_OTHER": OTHER,
}
LOGIN = (
    "org.apache.kafka.common.security.scram.ScramLoginModule required "
    "username='shop' password='{{ env_var('STREAMSQL_ENV_SECRET_KAFKA') }}';"
)
DIES = """\
{{ config(materialized='topic', connection='c', topic='planted.c.dies') }}
SELECT CAST(concat('no number ', order_id) AS bigint) AS order_id FROM {{ source('c', 'orders') }}
"""
LEAKY = f"SELECT '{OTHER}' AS word, {OTHER.replace('-', '_')} FROM {{{{ ref('out_c') }}}}\n"


@pytest.fixture
def project(tmp_path: Path, secured: Secured) -> Path:
    """A project that needs three secrets, with a query that dies."""
    connection: dict[str, Any] = {
        "type": "kafka",
        "bootstrap_servers": secured.door("PASSWORD_TLS"),
        "options": {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-256",
            "sasl.jaas.config": LOGIN,
            "ssl.truststore.location": str(secured.stores["jks"]),
            "ssl.truststore.password": "{{ env_var('STREAMSQL_ENV_SECRET_STORE') }}",
        },
    }
    root = write_project(tmp_path / "project", {"c": connection}, "planted")
    profiles = yaml.safe_load((root / "profiles.yml").read_text())
    profiles["shop"]["outputs"]["dev"]["spark"]["conf"] |= {
        "spark.hadoop.fs.s3a.secret.key": "{{ env_var('STREAMSQL_ENV_SECRET_OTHER') }}",
        "spark.shop.login": "{{ env_var('STREAMSQL_ENV_SECRET_OTHER') }}",
    }
    (root / "profiles.yml").write_text(yaml.safe_dump(profiles, width=1000))
    sources = root / "models/sources.yml"
    sources.write_text(sources.read_text().replace("on_error: drop", "on_error: dead_letter"))
    (root / "models/dies.sql").write_text(DIES)
    create_topics(secured.broker.connection, [TopicSpec("planted.c.orders", 1, 1)])
    produce(secured.broker.connection, "planted.c.orders", [Record(b'{"order_id": 7}')])
    produce(secured.broker.connection, "planted.c.orders", [Record(b"no order")])
    for right in ("READ", "WRITE", "CREATE"):
        secured.allow("User:shop", right, "planted.", pattern="PREFIXED")
    return root


def test_secrets_are_in_nothing_that_is_written_or_said(project: Path) -> None:
    """Not where all goes well, where a query dies, where SQL names one, where the login is
    refused."""

    def said(*arguments: str, code: int, **env: str) -> str:
        done: Ended = streamsql(*arguments, cwd=project, env={**ENV, **env})
        assert done.code == code, done.out + done.err
        return done.out + done.err

    told = [said(command, code=0) for command in ("compile", "lint", "lint", "ls", "debug")]
    told.append(said("run", "--once", "--log-format", "text", code=1))
    assert "no number 7" in told[-1]
    wrong = {"STREAMSQL_ENV_SECRET_KAFKA": f"{USERS['shop']}-no-more"}
    told += [said(*command, code=1, **wrong) for command in (("debug",), ("run", "--once"))]
    assert "refuses the login" in told[-1]
    (project / "models/leaky.sql").write_text(LEAKY)
    told += [said(command, code=1) for command in ("compile", "lint", "run")]
    (project / "models/leaky.sql").unlink()
    told.append(said("compile", code=0))
    assert not [secret for secret in SECRETS if secret in "".join(told)]

    files = [path for path in project.rglob("*") if path.is_file()]
    for written in ("manifest.json", "plan.json", "run_results.json", "logs/spark.log"):
        assert project / "target" / written in files
    assert list(project.rglob("offsets/0"))
    assert list((project / "target/cache").rglob("*"))
    for path in files:
        found = [secret for secret in SECRETS if secret.encode() in path.read_bytes()]
        assert not found, f"{path} holds {found}"
