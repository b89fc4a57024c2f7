"""The driver is killed between a database's commit and Spark's, and the database goes away."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chaos.accounting import await_end, jvm_of, last_batches
from main_job.command import Command, Ended, streamsql
from postgres import PASSWORD, Postgres

from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

DATABASE = "killed"
TOPIC = "database_kills.events"
FILES = {
    "streamsql.toml": "name = 'kills'\n",
    "profiles.yml": """\
kills:
  outputs:
    dev:
      spark: {master: "local[2]", conf: {spark.sql.shuffle.partitions: 2}}
      connections:
        kafka: {type: kafka, bootstrap_servers: "{{ env_var('KAFKA_BROKERS') }}"}
        warehouse:
          type: jdbc
          url: "{{ env_var('WAREHOUSE') }}"
          user: shop
          password: "{{ env_var('STREAMSQL_ENV_SECRET_WAREHOUSE') }}"
""",
    "models/sources.yml": f"""\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: events
        topic: {TOPIC}
        columns:
          - {{name: id, data_type: bigint, data_tests: [not_null]}}
""",
    "models/added.sql": """\
{{ config(materialized='sink', connector='jdbc') }}
SELECT id FROM {{ source('shop', 'events') }}
""",
    "models/counted.sql": """\
{{ config(materialized='sink', connector='jdbc', unique_key='kind', output_mode='update') }}
SELECT id % 5 AS kind, count(*) AS events FROM {{ source('shop', 'events') }} GROUP BY id % 5
""",
}


def test_a_batch_is_in_the_database_once(
    tmp_path: Path, broker: EmbeddedBroker, postgres: Postgres
) -> None:
    postgres.create_database(DATABASE)
    # Commits of this database alone will wait for a standby, once one is asked for.
    postgres.administer(f"ALTER DATABASE {DATABASE} SET synchronous_commit = on")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    env = {
        "KAFKA_BROKERS": broker.bootstrap_servers,
        "WAREHOUSE": postgres.url(DATABASE),
        "STREAMSQL_ENV_SECRET_WAREHOUSE": PASSWORD,
    }
    checkpoints = tmp_path / "target/checkpoints/kills"
    create_topics(broker.connection, [TopicSpec(TOPIC, 2)])
    send(broker, 0, 500)
    with Command("run", cwd=tmp_path, env=env) as run:
        run.wait_for_rows("added")
        until("the first rows are there", lambda: written(postgres) == 500)
        restarts_while_away(run, broker, postgres)
        killed = killed_within_a_commit(run, broker, postgres, checkpoints)
    begun = last_batches(checkpoints)["added"]
    ((last,),) = postgres.rows(
        DATABASE, "SELECT batch FROM streamsql_batches WHERE query = 'kills/added'"
    )
    assert last == begun.begun > begun.committed, "it was killed between the two commits"
    send(broker, 1500, 10)
    drained = streamsql("run", "--once", cwd=tmp_path, env=env).succeeded()
    assert all(event["resumed"] for event in drained.of("query_started", "added"))
    assert postgres.rows(DATABASE, "SELECT count(*), count(DISTINCT id) FROM added") == [
        (1510, 1510)
    ]
    counted = postgres.rows(DATABASE, "SELECT kind, events FROM counted ORDER BY kind")
    assert counted == [(kind, 302) for kind in range(5)]
    nowhere_is_the_password(tmp_path, killed, drained)


def restarts_while_away(run: Command, broker: EmbeddedBroker, postgres: Postgres) -> None:
    """A database that lets nobody in is waited for, as a broker is."""
    postgres.administer(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false")
    send(broker, 500, 500)
    run.wait_for(
        "a restart",
        lambda events: any(
            e["event"] == "query_restarting" and "connection 'warehouse'" in e["reason"]
            for e in events
        ),
    )
    postgres.administer(f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true")
    until("the rows came after the restart", lambda: written(postgres) == 1000)


def killed_within_a_commit(
    run: Command, broker: EmbeddedBroker, postgres: Postgres, checkpoints: Path
) -> Ended:
    """A commit that waits for a standby has been written, and its client does not know."""
    postgres.administer(
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"
    )
    send(broker, 1000, 500)
    until("both queries' commits wait", lambda: waiting(postgres) == 2)
    jvm = jvm_of(checkpoints)
    run.signal(signal.SIGKILL)
    killed = run.end()
    await_end(jvm)
    postgres.administer("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    until("the commit is done", lambda: waiting(postgres) == 0)
    assert not killed.of("query_failed"), killed.of("query_failed")
    return killed


def waiting(postgres: Postgres) -> int:
    """How many commits wait."""
    return postgres.asked(
        "SELECT count(*) FROM pg_stat_activity "
        f"WHERE datname = '{DATABASE}' AND wait_event = 'SyncRep'"
    )


def written(postgres: Postgres) -> int:
    ((exists,),) = postgres.rows(DATABASE, "SELECT to_regclass('added') IS NOT NULL")
    return postgres.rows(DATABASE, "SELECT count(*) FROM added")[0][0] if exists else 0


def send(broker: EmbeddedBroker, first: int, count: int) -> None:
    records = [Record(json.dumps({"id": n}).encode()) for n in range(first, first + count)]
    produce(broker.connection, TOPIC, records)


def until(what: str, true: Callable[[], bool], within: float = 300) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}"
        time.sleep(0.1)


def nowhere_is_the_password(root: Path, *commands: Ended) -> None:
    """What was written anywhere: artefacts, logs, checkpoints, what the commands said."""
    for command in commands:
        assert PASSWORD not in command.out + command.err
    files = [path for path in root.rglob("*") if path.is_file()]
    assert any(path.name == "plan.json" for path in files)
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
