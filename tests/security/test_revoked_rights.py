"""A right that is taken away while queries run: each that needs it ends with one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from main_job.command import Command
from security.secured_broker import USERS, Secured
from security.secured_project import write_project
from security.test_refusals import login

from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]


def test_a_right_that_is_revoked_is_named_with_its_connection(
    tmp_path: Path, secured: Secured
) -> None:
    """One connection may not read any more, then the other one not write."""
    connections = {
        name: {
            "type": "kafka",
            "bootstrap_servers": secured.door("PASSWORD"),
            "options": login("guest", USERS["guest"]),
        }
        for name in ("reading", "writing")
    }
    root = write_project(tmp_path, connections, "revoked")
    admin = secured.broker.connection
    topics = [f"revoked.{name}.{end}" for name in connections for end in ("orders", "out")]
    create_topics(admin, [TopicSpec(topic, 1, 1) for topic in topics])
    for topic in topics:
        secured.allow("User:guest", "WRITE" if topic.endswith("out") else "READ", topic)

    def send() -> None:
        for name in connections:
            produce(admin, f"revoked.{name}.orders", [Record(b'{"order_id": 7}')])

    send()
    with Command("run", cwd=root) as running:
        for name in connections:
            running.wait_for_rows(f"out_{name}")
        secured.revoke("User:guest", "READ", "revoked.reading.orders")
        secured.revoke("User:guest", "WRITE", "revoked.writing.out")
        send()
        running.wait_for(
            "both queries fail",
            lambda events: sum(e["event"] == "query_failed" for e in events) == 2,
        )
        ended = running.end()
    assert ended.code == 1
    (reading,) = ended.of("query_failed", "out_reading")
    (writing,) = ended.of("query_failed", "out_writing")
    assert reading["reason"] == (
        "connection 'reading': Topic authorization failed. "
        "(the query reads revoked.reading.orders and writes revoked.reading.out)"
    )
    assert writing["reason"] == (
        "connection 'writing': Not authorized to access topics: [revoked.writing.out]"
    )
    assert "lacks a right (ACL)" in reading["hint"]
    assert reading["hint"] == writing["hint"]
    assert USERS["guest"] not in ended.out + ended.err
    assert "Traceback" not in ended.err
