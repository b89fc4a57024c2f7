"""Which topics hold dead letters, and where these came from."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from streamsql.connectors.kafka import topics
from streamsql.plan.writes import topic_of
from streamsql.project.nodes import DeadLetter, Project
from streamsql.render import RenderedModel

_LEDGER = ".replayed"  # guarded_pattern() knows it too


@dataclass(frozen=True, slots=True)
class Origin:
    """A source, or a model whose topic may be read back: where records of dead letters were.

    Exactly one of ``topics`` and ``topic_pattern`` is given.
    """

    of: str
    connection: str
    topics: tuple[str, ...]
    topic_pattern: str | None = None

    def reads(self, topic: str) -> bool:
        """Whether its records are in that topic."""
        if self.topic_pattern is None:
            return topic in self.topics
        return re.fullmatch(self.topic_pattern, topic) is not None


@dataclass(frozen=True, slots=True)
class DeadLetterTopic:
    """A topic of dead letters on a connection.

    ``of`` are the sources and models whose letters it keeps; ``origins`` are all of the
    project, those of ``of`` first: a row that a model put aside may be of any source's record.
    ``ledgers`` are those of all dead-letter topics: several may keep letters of one record.
    """

    topic: str
    connection: str
    of: tuple[str, ...]
    origins: tuple[Origin, ...]
    ledgers: tuple[str, ...]

    @property
    def ledger(self) -> str:
        """The topic that says what was replayed of it, on the cluster it was replayed into."""
        return ledger_of(self.topic)

    @property
    def homes(self) -> tuple[str, ...]:
        """The connections that its records may go back to."""
        return tuple(sorted({origin.connection for origin in self.origins}))

    def origin_of(self, topic: str) -> Origin | None:
        """Return whose records are in a topic, if it is known."""
        return next((origin for origin in self.origins if origin.reads(topic)), None)


def ledger_of(topic: str) -> str:
    """Return the topic beside a dead-letter topic that notes what was replayed of it."""
    return topic + _LEDGER


def dead_letter_topics(
    project: Project, rendered: Iterable[RenderedModel]
) -> tuple[DeadLetterTopic, ...]:
    """Return the topics of a project's dead letters, whether there are some yet or not."""
    models = tuple(rendered)
    origins = (*_sources(project), *_topic_models(models))
    found: dict[tuple[str, str], dict[str, None]] = {}
    for letters, of in (*_of_sources(project), *_of_models(models)):
        found.setdefault((letters.topic, letters.connection), {})[of] = None
    ledgers = tuple(sorted({ledger_of(topic) for topic, _ in found}))
    return tuple(
        DeadLetterTopic(topic, connection, tuple(of), _first(of, origins), ledgers)
        for (topic, connection), of in sorted(found.items())
    )


def _first(names: Container[str], origins: Iterable[Origin]) -> tuple[Origin, ...]:
    return tuple(sorted(origins, key=lambda origin: origin.of not in names))


def _sources(project: Project) -> Iterator[Origin]:
    for source in project.sources:
        named = tuple(topics(source.topic or ""))
        yield Origin(source.unique_name, source.connection, named, source.topic_pattern)


def _topic_models(models: Iterable[RenderedModel]) -> Iterator[Origin]:
    for each in models:
        config = each.config
        if config.materialized == "topic" and config.connection is not None:
            yield Origin(each.model.name, config.connection, (topic_of(each.model.name, config),))


def _of_sources(project: Project) -> Iterator[tuple[DeadLetter, str]]:
    for source in project.sources:
        if source.dead_letter is not None:
            yield source.dead_letter, source.unique_name


def _of_models(models: Iterable[RenderedModel]) -> Iterator[tuple[DeadLetter, str]]:
    """Yield the dead letters of models: rows that data tests quarantine, and what a reader of
    the model's topic cannot decode."""
    for each in models:
        config = each.config
        if config.dead_letter is not None:
            yield config.dead_letter, each.model.name
        elif config.materialized == "topic" and config.connection is not None:
            topic = topic_of(each.model.name, config)
            yield DeadLetter(f"{topic}.dead_letter", config.connection), each.model.name
