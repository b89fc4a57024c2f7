"""A project that keeps dead letters, and letters as its queries write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from streamsql.cli import cli
from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.kafka import Record, TopicSpec, create_topics, end_offsets, produce
from streamsql.spark.kafka_reading import StoredRecord, reading

MODELS = """\
sources:
  - name: shop
    connection: kafka
    tables:
      - name: orders
        topic: {prefix}.orders
        columns: [{{name: order_id, data_type: bigint}}]
      - name: payments
        topic_pattern: "{prefix}\\\\.payments\\\\..*"
        dead_letter: {{topic: {prefix}.bad_payments}}
        columns: [{{name: payment_id, data_type: bigint}}]
"""
LARGE = """\
{{ config(materialized='topic', topic='PREFIX.large') }}
SELECT order_id FROM {{ source('shop', 'orders') }}
"""


class Shop:
    """The project on a broker, under a prefix of its own."""

    def __init__(self, root: Path, broker: EmbeddedBroker, prefix: str) -> None:
        self.root, self.prefix, self.connection = root, prefix, broker.connection
        files = {
            "streamsql.toml": 'name = "shop"\n',
            "profiles.yml": profiles(broker.bootstrap_servers),
            "models/shop.yml": MODELS.format(prefix=prefix),
            "models/large.sql": LARGE.replace("PREFIX", prefix),
        }
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")

    @property
    def orders(self) -> str:
        """The topic of orders."""
        return f"{self.prefix}.orders"

    @property
    def letters(self) -> str:
        """The topic of their dead letters."""
        return f"{self.orders}.dead_letter"

    def make_topics(self, *names: str, partitions: int = 2) -> None:
        """Make topics, those of the orders and their letters unless others are named."""
        made = names or (self.orders, self.letters)
        create_topics(self.connection, [TopicSpec(name, partitions, 1) for name in made])

    def write(self, records: Iterable[Record], topic: str | None = None) -> None:
        """Write letters."""
        produce(self.connection, topic or self.letters, records)

    def stored(self, topic: str, *, committed: bool = True) -> list[StoredRecord]:
        """All records of a topic, in their order."""
        ends = end_offsets(self.connection, [topic])[topic]
        with reading(self.connection, timeout=60, committed=committed) as reader:
            found = list(reader.between(topic, dict.fromkeys(ends, 0), ends))
        return sorted(found, key=lambda r: (r.partition, r.offset))

    def call(self, *arguments: str, code: int = 0) -> Result:
        """Call ``streamsql dead-letters`` in this process."""
        command = ["dead-letters", *arguments, "--project-dir", str(self.root)]
        done = CliRunner().invoke(cli, command)
        assert done.exit_code == code, done.output
        assert "Traceback" not in done.output
        return done


def profiles(servers: str) -> str:
    """A profile with one connection."""
    return f"""\
shop:
  outputs:
    dev:
      spark: {{master: "local[1]", conf: {{spark.sql.shuffle.partitions: 1}}}}
      connections:
        kafka: {{type: kafka, bootstrap_servers: "{servers}"}}
"""


def letter(
    topic: str,
    offset: int,
    *,
    error: str = "not valid JSON",
    partition: int = 0,
    value: bytes | None = b"{broken",
    key: bytes | None = b"k",
    own: tuple[tuple[str, bytes | None], ...] = (("trace", b"t-1"),),
    more: Mapping[str, str] | None = None,
    at: int = 1_700_000_000_000,
) -> Record:
    """A dead letter as a query writes it, in the partition of its record."""
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    told = {
        "streamsql.error": error,
        **(more or {}),
        "streamsql.topic": topic,
        "streamsql.partition": str(partition),
        "streamsql.offset": str(offset),
        "streamsql.timestamp": moment.replace("+00:00", "Z"),
    }
    headers = (*own, *((name, text.encode()) for name, text in told.items()))
    return Record(value, key, headers, partition)
