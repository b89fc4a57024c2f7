"""All formats at once through a real broker: what models plan for good and bad records, run as
streaming queries."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kinds_of_records import KINDS, records

from streamsql.connectors import kafka
from streamsql.dev.broker import EmbeddedBroker
from streamsql.formats import decode
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce, read_last

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

EACH = 1_000
PREFIX = "every_format"


def topic(name: str) -> str:
    return f"{PREFIX}.{name}"


def test_every_record_is_somewhere(
    spark: SparkSession, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    """One query writes the good records of all formats, one the bad ones, as offsets."""
    topics = [topic(name) for name in KINDS]
    create_topics(broker.connection, [TopicSpec(t, 1) for t in (*topics, f"{PREFIX}.good")])
    create_topics(broker.connection, [TopicSpec(f"{PREFIX}.bad", 1)])
    made = {name: list(records(kind, EACH)) for name, kind in KINDS.items()}
    for name, all_of_it in made.items():
        sent = [Record(value, key=key, headers=(("trace", b"t"),)) for _, key, value in all_of_it]
        produce(broker.connection, topic(name), sent)
    servers = broker.bootstrap_servers
    good: DataFrame | None = None
    bad: DataFrame | None = None
    for name, kind in KINDS.items():
        read = kafka.read_options(topic=topic(name), topic_pattern=None, options={}, headers=True)
        raw = spark.readStream.format("kafka").options(**kafka.client_options(servers, {}), **read)
        raw.load().createOrReplaceTempView(f"kafka__{name}")
        decoding = decode(kind.source, f"kafka__{name}", hidden=("_offset", "_topic"))
        shown = f"concat(_topic, ' ', _offset, ' ', {kind.shown})"
        rows = spark.sql(f"SELECT {shown} AS value FROM ({decoding.good})")
        good = rows if good is None else good.unionAll(rows)
        if decoding.bad is not None:
            letters = spark.sql(decoding.bad)
            bad = letters if bad is None else bad.unionAll(letters)
    assert good is not None
    assert bad is not None
    queries = [
        rows.writeStream.format("kafka")
        .options(**kafka.client_options(servers, {}))
        .options(**kafka.write_options(topic=f"{PREFIX}.{where}", options={}, headers=True))
        .option("checkpointLocation", str(tmp_path / where))
        .trigger(availableNow=True)
        .start()
        for where, rows in (("good", good), ("bad", bad))
    ]
    assert all(query.awaitTermination(200) for query in queries)

    kept = [r.value or b"" for r in read_last(broker.connection, f"{PREFIX}.good", 100_000)]
    letters_kept = read_last(broker.connection, f"{PREFIX}.bad", 100_000)
    wanted_good, wanted_bad, tombstones = Counter[bytes](), Counter[tuple[str, bytes]](), 0
    for name, all_of_it in made.items():
        for n, (what, _, value) in enumerate(all_of_it):
            if what == "good":
                wanted_good[f"{topic(name)} {n} {n}".encode()] += 1
            elif what == "tombstone":
                tombstones += 1
            else:
                wanted_bad[f"{topic(name)} {n}", value or b""] += 1
    assert Counter(kept) == wanted_good
    told = Counter(
        (
            " ".join(
                (dict(r.headers)[f"streamsql.{part}"] or b"").decode()
                for part in ("topic", "offset")
            ),
            r.value or b"",
        )
        for r in letters_kept
    )
    assert told == wanted_bad
    assert len(kept) + len(letters_kept) + tombstones == EACH * len(KINDS)
    assert all(dict(r.headers)["streamsql.error"] for r in letters_kept)
