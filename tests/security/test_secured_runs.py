"""Every setup of the page on security: compiled, debugged and run, through both clients."""

from __future__ import annotations

from pathlib import Path

import pytest
from main_job.command import streamsql
from security.secured_broker import STORE_PASSWORD, USERS, Secured
from security.secured_project import documented, placed, write_project

from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce, read_last

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PREFIX = "secured"
DOORS = {
    "plain": "PASSWORD",
    "scram": "PASSWORD_TLS",
    "tls": "TLS",
    "tls_store": "TLS",
    "mutual": "MUTUAL",
    "mutual_store": "MUTUAL",
}


def test_every_documented_setup_runs(tmp_path: Path, secured: Secured) -> None:
    setups = documented()
    assert set(setups) == set(DOORS), "a setup of the page is not tested"
    connections = {
        name: placed(setup, secured.door(DOORS[name]), secured.files)
        for name, setup in setups.items()
    }
    root = write_project(tmp_path, connections, PREFIX)
    admin = secured.broker.connection
    create_topics(admin, [TopicSpec(f"{PREFIX}.{name}.orders", 1, 1) for name in setups])
    for name in setups:
        produce(admin, f"{PREFIX}.{name}.orders", [Record(b'{"order_id": 7}')])
    for who in ("User:shop", "User:CN=shop-client"):
        for right in ("READ", "WRITE", "CREATE"):
            secured.allow(who, right, f"{PREFIX}.", pattern="PREFIXED")
    env = {
        "STREAMSQL_ENV_SECRET_KAFKA": USERS["shop"],
        "STREAMSQL_ENV_SECRET_STORE": STORE_PASSWORD,
    }
    streamsql("compile", cwd=root, env=env).succeeded()
    told = streamsql("debug", cwd=root, env=env).succeeded().out
    for name in setups:
        assert f"✓ connection '{name}': cluster {secured.broker.cluster_id}" in told
        assert f"✓ source '{name}.orders'" in told
    streamsql("run", "--once", cwd=root, env=env).succeeded()
    for name in setups:
        (written,) = read_last(admin, f"{PREFIX}.{name}.out", 10)
        assert written.value == b'{"order_id":7}'
