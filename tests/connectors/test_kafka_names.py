"""The settings that lint knows are those of the clients and the broker that are used."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from streamsql.connectors.kafka_names import CLIENT_SETTINGS, TOPIC_SETTINGS
from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.java import Java

CLIENTS = ("consumer.ConsumerConfig", "producer.ProducerConfig")
TOPIC = "names.settings"


def settings(java: Java, jars: Iterable[Path]) -> set[str]:
    """Ask the classes of Kafka's clients, which print their own documentation."""
    path = ":".join(map(str, jars))
    found: set[str] = set()
    for client in CLIENTS:
        page = subprocess.run(
            [str(java.executable), "-cp", path, f"org.apache.kafka.clients.{client}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        found |= set(re.findall(r'<h4><a id="([\w.]+)">', page))
    return found


@pytest.mark.kafka
def test_options_of_the_clients(
    java: Java, jars: tuple[Path, ...], broker_jars: tuple[Path, ...]
) -> None:
    import pyspark

    loggers = Path(pyspark.__file__).parent.glob("jars/slf4j-api-*.jar")
    of_spark, of_the_broker = settings(java, (*jars, *loggers)), settings(java, broker_jars)
    assert len(of_spark) > 100
    assert of_spark - CLIENT_SETTINGS == set(), "Spark's client knows these"
    assert CLIENT_SETTINGS - of_spark - of_the_broker == set(), "no client knows these"
    assert of_the_broker - CLIENT_SETTINGS == set(), "the newer client knows these"


@pytest.mark.kafka
def test_settings_of_a_topic(broker: EmbeddedBroker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    resource = ConfigResource(ResourceType.TOPIC, TOPIC)
    described = admin.describe_configs([resource])[resource].result(30)
    assert set(described) == set(TOPIC_SETTINGS)
    refused = {
        name: problem
        for name, entry in described.items()
        if entry.value and (problem := TOPIC_SETTINGS[name](entry.value))
    }
    assert refused == {}, "what the broker has is what lint allows"
