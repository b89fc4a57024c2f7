from __future__ import annotations

from project_texts import load

from streamsql.checks.clusters import cluster_of, topic_readers

PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      connections:
        one: {type: kafka, bootstrap_servers: "a:9092, b:9092"}
        two: {type: kafka, bootstrap_servers: "b:9092,a:9092"}
        other: {type: kafka, bootstrap_servers: "c:9092"}
        mine: {type: kafka, embedded: true}
"""
SOURCES = """\
sources:
  - name: web
    connection: one
    tables:
      - {name: clicks, topic: "clicks, views", format: text}
      - {name: all, topic_pattern: "cl.*", format: text}
      - {name: elsewhere, topic: clicks, connection: other, format: text}
"""


def test_connections_to_the_same_brokers_are_one_cluster() -> None:
    project = load(profiles=PROFILES)
    assert cluster_of("one", project) == cluster_of("two", project)
    names = ("one", "other", "mine", None)
    assert len({cluster_of(name, project) for name in names}) == len(names)


def test_readers_of_a_topic() -> None:
    project = load({"models/web.yml": SOURCES}, profiles=PROFILES)
    readers = topic_readers(project)
    assert [s.name for s in readers.of("two", "clicks")] == ["clicks", "all"]
    assert [s.name for s in readers.of("one", "views")] == ["clicks"]
    assert [s.name for s in readers.of("other", "clicks")] == ["elsewhere"]
    assert [s.name for s in readers.of("mine", "clicks")] == []
