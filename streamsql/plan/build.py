"""From resolved models to queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from streamsql.checks.runnable import RUN, nothing_to_run
from streamsql.findings import Finding
from streamsql.formats import COORDINATES
from streamsql.parse import ParsedModel
from streamsql.plan.assembly import Select, assemble, readable
from streamsql.plan.coordinates import traced
from streamsql.plan.data_tests import (
    TestedRelation,
    needs_place,
    planned_tests,
    tested_selects,
)
from streamsql.plan.nodes import Plan, PlannedColumn, Query, QueryRead, QueryWrite
from streamsql.plan.relations import (
    KafkaInput,
    bad_records,
    good_records,
    kafka_read,
    seed_rows,
    source_input,
    table_read,
    topic_input,
)
from streamsql.plan.writes import write_of, written
from streamsql.project.nodes import ModelConfig, Project, Seed, Source, Trigger
from streamsql.resolve import Resolution, ResolvedModel, ResolvedTest

DEAD_LETTER_TRIGGER = Trigger(interval="5 seconds")  # nobody waits for them


@dataclass(frozen=True, slots=True)
class Planning:
    """The plan of what is sound, and what planning itself found."""

    plan: Plan
    findings: tuple[Finding, ...]


def plan_project(project: Project, resolution: Resolution) -> Planning:
    """Plan every query of a project: one a model that writes, and one for the bad records of
    each source that keeps them."""
    catalogue = _Catalogue(project, resolution)
    queries: list[Query] = []
    findings: list[Finding] = []
    levels: dict[str, int] = {}
    for model in _runnable(resolution):
        planned = _plan_model(catalogue, model, levels)
        if isinstance(planned, Finding):
            findings.append(planned)
        else:
            queries.append(planned)
            levels[planned.id] = planned.level
    queries += _dead_letters(catalogue, queries)
    queries.sort(key=lambda q: q.level)
    target = project.target
    plan = Plan(
        project.settings.name,
        target.name,
        target.spark.version,
        target.checkpoints,
        tuple(queries),
    )
    return Planning(plan, tuple(findings))


def _runnable(resolution: Resolution) -> Iterator[ResolvedModel]:
    for model in resolution.models:
        if _config(model).materialized in RUN and model.output_mode is not None:
            yield model


def plan_preview(project: Project, resolution: Resolution, model: str) -> Query | None:
    """Plan a query that gives a model's own rows and writes them nowhere.

    None if the model could not be resolved.
    """
    catalogue = _Catalogue(project, resolution)
    resolved = catalogue.models.get(f"ref__{model}")
    if resolved is None:
        return None
    needs = _Needs()
    catalogue.add_view(needs, resolved)
    catalogue.add_decoding(needs)
    return _query(resolved, needs, f"ref__{model}", (), "append", {})


@dataclass(slots=True)
class _Needs:
    """What one query reads, gathered on the way down.

    ``traced`` is the SQL of the relations that hand on where a row's record was, the uppermost
    first, and empty for the topic that it is of; ``tested`` are those with data tests.
    """

    selects: dict[str, Select] = field(default_factory=dict)
    models: dict[str, ParsedModel] = field(default_factory=dict)
    reads: dict[str, QueryRead] = field(default_factory=dict)
    inputs: dict[str, KafkaInput] = field(default_factory=dict)
    upstream: dict[str, None] = field(default_factory=dict)
    traced: Mapping[str, str] = field(default_factory=dict)
    tested: dict[str, TestedRelation] = field(default_factory=dict)


class _Catalogue:
    """Everything a query may read, by the identifier that ``ref()`` and ``source()`` render to."""

    def __init__(self, project: Project, resolution: Resolution) -> None:
        self.project = project
        self.resolution = resolution
        self.models = {m.parsed.rendered.model.relation: m for m in resolution.models}
        self.sources: Mapping[str, Source] = {s.relation: s for s in project.sources}
        self.seeds: Mapping[str, Seed] = {s.relation: s for s in project.seeds}
        letters = (
            *(s.dead_letter for s in project.sources),
            *(_config(m).dead_letter for m in resolution.models),
        )
        self.dead_letters = tuple(letter.topic for letter in letters if letter is not None)
        self.hidden_used: dict[str, set[str]] = {}
        for model in resolution.models:
            for relation, names in model.hidden_used.items():
                self.hidden_used.setdefault(relation, set()).update(names)

    def needs_of(self, model: ResolvedModel) -> _Needs:
        """Return what the query of a model reads, but for how its sources are decoded."""
        needs = _Needs()
        if len(model.facts.reads) == 1:
            needs.traced = self._traced(model)
        self.add_view(needs, model)
        return needs

    def _traced(self, model: ResolvedModel) -> Mapping[str, str]:
        """Return the SQL that hands on where a row's record was, from its topic up to the first
        relation whose tests tell it: the model, a view below it, or the source."""
        current: ResolvedModel | None = model
        while current is not None and not needs_place(current.tests):
            below = current.parsed.relations
            streams = [relation for relation in below if self._is_stream(relation)]
            if len(streams) != 1:
                return {}
            tests = self.resolution.source_tests.get(streams[0], ())
            if needs_place(tests):
                return {streams[0]: ""}
            view = self.models.get(streams[0])
            current = view if view and _config(view).materialized == "view" else None
        return self._traced_from(current) if current is not None else {}

    def _traced_from(self, model: ResolvedModel) -> Mapping[str, str]:
        found: dict[str, str] = {}
        current: ResolvedModel | None = model
        while current is not None:
            step = traced(current, self._is_stream)
            if step is None:
                return {}
            relation, found[current.parsed.rendered.model.relation] = step
            current = self.models.get(relation)
            if current is None or _config(current).materialized == "topic":
                return {**found, relation: ""}
            if _config(current).materialized != "view":
                return {}
        return {}

    def _is_stream(self, relation: str) -> bool:
        known = self.resolution.relations.get(relation)
        return known is not None and known.streaming

    def tested(
        self, needs: _Needs, relation: str, of: str, tests: tuple[ResolvedTest, ...]
    ) -> TestedRelation:
        """Note the tests of a relation that a query reads."""
        known = self.resolution.relations.get(relation)
        columns = tuple(c.name for c in known.columns) if known is not None else ()
        top = next(iter(needs.traced), None)
        tested = TestedRelation(
            relation, of, tests, columns, relation in needs.traced, relation == top
        )
        needs.tested[relation] = tested
        for test in tests:
            for condition in test.conditions:
                for reference in condition.parsed.rendered.references:
                    if reference.relation != relation:
                        self.add(needs, reference.relation)
        return tested

    def add(self, needs: _Needs, relation: str) -> None:
        """Add a relation, and what it reads, to what a query needs."""
        if relation in needs.selects or relation in needs.inputs:
            return
        if relation in self.sources:
            self._add_kafka(needs, source_input(self.sources[relation]))
        elif relation in self.seeds:
            needs.selects[relation] = seed_rows(self.seeds[relation])
        elif relation in self.models:
            self._add_model(needs, self.models[relation])

    def _add_model(self, needs: _Needs, model: ResolvedModel) -> None:
        config = _config(model)
        if config.materialized == "view":
            self.add_view(needs, model)
        elif config.materialized == "topic":
            needs.upstream[model.name] = None
            self._add_kafka(needs, topic_input(model))
        else:
            needs.upstream[model.name] = None
            read, select = table_read(self.project, model)
            needs.reads[read.view] = read
            needs.selects[select.name] = select

    def add_view(self, needs: _Needs, model: ResolvedModel) -> None:
        """Add a model's own SQL, and what it reads."""
        needs.models[model.name] = model.parsed
        uses = model.parsed.relations
        for used in uses:
            self.add(needs, used)
        for reference in model.parsed.rendered.references:
            # One in a comment reads nothing, and still says who runs first.
            first = self.models.get(reference.relation)
            if first is not None and _config(first).materialized in RUN:
                needs.upstream[first.name] = None
        relation = model.parsed.rendered.model.relation
        watermarks = model.facts.watermarks
        own = Select(
            relation,
            needs.traced.get(relation, model.sql),
            uses,
            _config(model).dedup,
            watermarks[0].column if watermarks else None,
            about=f"model {model.name} ({model.parsed.rendered.model.path})",
        )
        tested = self.tested(needs, relation, model.name, model.tests)
        needs.selects.update({s.name: s for s in tested_selects(tested, own)})

    def _add_kafka(self, needs: _Needs, kafka: KafkaInput) -> None:
        used = self._hidden_used(kafka.relation)
        read = kafka_read(kafka, headers="_headers" in used, dead_letters=self.dead_letters)
        needs.reads[read.view] = read
        needs.inputs[kafka.relation] = kafka

    def add_decoding(self, needs: _Needs) -> None:
        """Add the SELECTs of good records, now that all models of the query are known."""
        for relation, kafka in tuple(needs.inputs.items()):
            readers = [m for m in needs.models.values() if _reads(m, relation)]
            used = self._hidden_used(relation)
            used += (COORDINATES,) if relation in needs.traced else ()
            tests = self.resolution.source_tests.get(relation, ())
            readers += [c.parsed for t in tests for c in t.conditions]
            own = good_records(kafka, used, readers)
            tested = self.tested(needs, relation, kafka.of, tests)
            needs.selects.update({s.name: s for s in tested_selects(tested, own)})

    def _hidden_used(self, relation: str) -> tuple[str, ...]:
        """Kafka's own fields that any model reads: one decoding serves all its readers."""
        return tuple(sorted(self.hidden_used.get(relation, ())))


def _plan_model(
    catalogue: _Catalogue, model: ResolvedModel, levels: Mapping[str, int]
) -> Query | Finding:
    needs = catalogue.needs_of(model)
    if not needs.reads:
        return nothing_to_run(model.parsed.rendered)
    catalogue.add_decoding(needs)
    relation = catalogue.resolution.relations[model.parsed.rendered.model.relation]
    selects, writes = written(
        model,
        write_of(catalogue.project, model),
        needs.tested[relation.name],
        all_known=relation.complete,
    )
    needs.selects.update({s.name: s for s in selects})
    return _query(model, needs, selects[-1].name, writes, model.output_mode or "append", levels)


def _query(
    model: ResolvedModel,
    needs: _Needs,
    result: str,
    writes: tuple[QueryWrite, ...],
    output_mode: str,
    levels: Mapping[str, int],
) -> Query:
    config = _config(model)
    steps = assemble(needs.selects, result)
    upstream = tuple(needs.upstream)
    return Query(
        id=model.name,
        kind="model",
        model=model.name,
        reads=tuple(needs.reads.values()),
        steps=steps,
        writes=writes,
        output_mode=output_mode,
        trigger=config.trigger,
        upstream=upstream,
        level=1 + max((levels.get(name, 0) for name in upstream), default=-1),
        sql=readable(steps, _notes(model, needs.reads.values(), writes, output_mode)),
        location=model.parsed.rendered.model.location,
        tags=config.tags,
        renamed_from=config.renamed_from,
        stateful=bool(model.facts.stateful),
        tests=tuple(p for t in needs.tested.values() for p in planned_tests(t)),
    )


def _dead_letters(catalogue: _Catalogue, queries: Iterable[Query]) -> Iterator[Query]:
    """Yield the query that keeps the bad records of each source and topic that is read."""
    read = {r.of: r for q in queries for r in q.reads if r.kind == "kafka"}
    levels = {q.id: q.level for q in queries}
    for source in catalogue.project.sources:
        if source.unique_name in read:
            yield from _dead_letter_query(catalogue, source_input(source), levels)
    for model in catalogue.resolution.models:
        if _config(model).materialized == "topic" and model.name in read:
            yield from _dead_letter_query(catalogue, topic_input(model), levels)


def _dead_letter_query(
    catalogue: _Catalogue, kafka: KafkaInput, levels: Mapping[str, int]
) -> Iterator[Query]:
    bad = bad_records(kafka, catalogue.resolution.source_tests.get(kafka.relation, ()))
    if bad is None or kafka.dead_letter is None:
        return
    read = kafka_read(kafka, headers=True, dead_letters=catalogue.dead_letters)
    steps = assemble({bad.name: bad}, bad.name)
    write = QueryWrite(
        kind="kafka",
        format="kafka",
        options={"topic": kafka.dead_letter.topic, "includeHeaders": "true"},
        columns=tuple(
            PlannedColumn(name, kind)
            for name, kind in (
                ("key", "binary"),
                ("value", "binary"),
                ("headers", "array<struct<key:string,value:binary>>"),
            )
        ),
        connection=kafka.dead_letter.connection,
        topic=kafka.dead_letter.topic,
        holds_dead_letters=True,
    )
    upstream = (kafka.writer,) if kafka.writer else ()
    notes = (
        f"query dead_letter.{kafka.of}: the bad records of {kafka.of}",
        f"reads {_shown(read)} as {read.view}",
        f"writes topic {kafka.dead_letter.topic}, append mode",
    )
    yield Query(
        id=f"dead_letter.{kafka.of}",
        kind="dead_letter",
        model=None,
        reads=(read,),
        steps=steps,
        writes=(write,),
        output_mode="append",
        trigger=DEAD_LETTER_TRIGGER,
        upstream=upstream,
        level=1 + max((levels.get(name, 0) for name in upstream), default=-1),
        sql=readable(steps, notes),
        location=kafka.location,
    )


def _notes(
    model: ResolvedModel,
    reads: Iterable[QueryRead],
    writes: tuple[QueryWrite, ...],
    output_mode: str,
) -> Iterator[str]:
    yield f"query {model.name} ({model.parsed.rendered.model.path})"
    for read in reads:
        yield f"reads {_shown(read)} as {read.view}"
    for write in writes:
        how = f"merged by {', '.join(write.unique_key)}" if write.merges else f"{output_mode} mode"
        yield f"writes {_place(write)}, {how}"


def _place(write: QueryWrite) -> str:
    if write.topics:
        return f"topic {' or '.join(write.topics)}"
    if write.table:
        return f"table {write.table} of connection {write.connection}"
    return f"{write.format} {write.path or ''}".strip()


def _shown(read: QueryRead) -> str:
    if read.kind == "kafka":
        of = f" (partitions {', '.join(map(str, read.partitions))})" if read.partitions else ""
        return f"topic {read.topic_pattern or ', '.join(read.topics)}{of}"
    return f"{read.format} table {read.path}"


def _reads(model: ParsedModel, relation: str) -> bool:
    return relation in model.relations


def _config(model: ResolvedModel) -> ModelConfig:
    return model.parsed.rendered.config
