"""The models of a project, upstream first: their columns, their facts, their faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from streamsql.findings import Finding, Severity
from streamsql.parse import ParsedModel
from streamsql.project.nodes import Model, Project, Source, SparkSettings
from streamsql.render.rendered import RenderedTest
from streamsql.resolve.data_tests import resolve_tests
from streamsql.resolve.declared import (
    declared_watermark,
    seed_relation,
    source_faults,
    source_relation,
)
from streamsql.resolve.expressions import type_of
from streamsql.resolve.facts import (
    facts_of,
    hazards_in,
    lineage_of,
    with_dedup,
    with_meetings,
    with_row_ids,
)
from streamsql.resolve.limits import QueryTooLarge
from streamsql.resolve.output_columns import duplicates, typed_columns, unnamed
from streamsql.resolve.output_mode import RUNS, output_mode
from streamsql.resolve.queries import resolve_query
from streamsql.resolve.relations import (
    OutputColumn,
    Relation,
    Resolution,
    ResolvedModel,
    ResolvedTest,
    StreamFacts,
)
from streamsql.resolve.rowsets import Rowsets, rowset_of
from streamsql.resolve.scope import Rowset, Scope
from streamsql.resolve.stars import Stars, hidden_edits
from streamsql.resolve.walk import Walk

_STRICT = frozenset({"topic", "table"})


@dataclass(slots=True)
class _Known:
    """What is known so far, filled from the sources down to the last model."""

    relations: dict[str, Relation] = field(default_factory=dict)
    rowsets: Rowsets = field(default_factory=Rowsets)
    findings: list[Finding] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    stars: dict[str, Stars] = field(default_factory=dict)

    def add(self, relation: Relation) -> None:
        self.relations[relation.name] = relation
        self.rowsets.add(relation)


class Outcome(NamedTuple):
    """What resolving one model came to, and its findings.

    ``relation`` is what its readers read; without one ``blamed`` is the model at fault.
    ``merged`` tells of a table whose rows change.
    """

    resolved: ResolvedModel | None
    findings: tuple[Finding, ...]
    relation: Relation | None
    blamed: str | None = None
    merged: bool = False


class Resolver:
    """Resolves the models of a project one by one: each after those that it reads.

    ``relations``, ``broken`` and ``merged`` are those of ``Resolution``, as far as they are known.
    """

    def __init__(self, project: Project) -> None:
        self._spark = project.target.spark
        self._known = _Known()
        for source in project.sources:
            self.take(source_relation(source))
            self._known.findings += source_faults(source)
        for seed in project.seeds:
            self.take(seed_relation(seed))
        self.source_findings = tuple(self._known.findings)
        self.source_tests: Mapping[str, tuple[ResolvedTest, ...]] = {}
        self._sources = project.sources

    def test_sources(self, tests: Mapping[str, tuple[RenderedTest, ...]]) -> None:
        """Resolve the data tests of sources, by relation; they can refer to seeds."""
        since = len(self._known.findings)
        self.source_tests = _tests_of_sources(self._sources, tests, self._spark, self._known)
        self.source_findings += tuple(self._known.findings[since:])

    @property
    def relations(self) -> Mapping[str, Relation]:
        """What can be read so far, by identifier."""
        return self._known.relations

    @property
    def broken(self) -> Mapping[str, str]:
        """Who is to blame for what cannot be read, by its identifier in lower case."""
        return self._known.broken

    @property
    def merged(self) -> Set[str]:
        """The tables whose rows change, by their identifiers in lower case."""
        return self._known.merged

    def take(self, relation: Relation) -> None:
        """Know what a relation gives."""
        self._known.add(relation)

    def take_merged(self, relation: str) -> None:
        """Know that the rows of a table change."""
        self._known.merged.add(relation.lower())

    def give_up(self, relation: str, blamed: str) -> None:
        """Know that a relation cannot be read."""
        self._known.broken[relation.lower()] = blamed

    def resolve(self, parsed: ParsedModel) -> Outcome:
        """Resolve one model."""
        known, since = self._known, len(self._known.findings)
        name = parsed.rendered.model.relation
        resolved = None
        if causes := _causes(parsed, known):
            _pass_over(parsed, causes, known)
        else:
            resolved = _resolve_safely(parsed, self._spark, known)
        return Outcome(
            resolved,
            tuple(known.findings[since:]),
            known.relations.get(name),
            known.broken.get(name.lower()),
            name.lower() in known.merged,
        )


def resolve_models(
    project: Project,
    parsed: Sequence[ParsedModel],
    source_tests: Mapping[str, tuple[RenderedTest, ...]] | None = None,
) -> Resolution:
    """Find the columns, types and streaming facts of every model.

    ``parsed`` is in topological order. Models that are not in it are broken: what reads
    them is passed over, and says so. Findings of parsing are handed on. ``source_tests`` are
    the data tests of sources, by relation.
    """
    resolver = Resolver(project)
    resolver.test_sources(source_tests or {})
    present = {m.name for m in parsed}
    for missing in project.models:
        if missing.name not in present:
            resolver.give_up(missing.relation, missing.name)
    resolved: list[ResolvedModel] = []
    unchecked: list[str] = []
    found = [*resolver.source_findings]
    for model in parsed:
        outcome = resolver.resolve(model)
        found += outcome.findings
        if outcome.resolved is not None:
            resolved.append(outcome.resolved)
        elif outcome.blamed != model.name:
            unchecked.append(model.name)
    known = resolver._known  # noqa: SLF001 - one module
    return Resolution(
        tuple(_without_hidden(resolved, known)),
        known.relations,
        tuple(dict.fromkeys(found)),
        tuple(unchecked),
        known.broken,
        frozenset(resolver.merged),
        resolver.source_tests,
    )


def resolve_again(
    parsed: ParsedModel, before: Resolution, spark: SparkSettings
) -> tuple[ResolvedModel | None, Resolution]:
    """Resolve one model of a project whose other models are as they were ``before``.

    The second is what is known then: the relations with the model's own as it is now, and the
    findings of this model alone. Models below it are not looked at, and its ``sql`` may still
    show Kafka's own fields in ``*``.
    """
    relation = parsed.rendered.model.relation
    known = _Known(dict(before.relations), broken=dict(before.broken), merged=set(before.merged))
    known.relations.pop(relation, None)
    known.broken.pop(relation.lower(), None)
    known.merged.discard(relation.lower())
    for reference in parsed.rendered.all_references:
        read = before.relations.get(reference.relation)
        if read is not None:
            known.rowsets.add(read)
    made = None
    if causes := _causes(parsed, known):
        _pass_over(parsed, causes, known)
    else:
        made = _resolve_safely(parsed, spark, known)
    found = tuple(dict.fromkeys(known.findings))
    merged = frozenset(known.merged)
    return made, Resolution((), known.relations, found, (), known.broken, merged)


def _pass_over(model: ParsedModel, causes: Sequence[str], known: _Known) -> None:
    known.findings += model.findings
    known.broken[model.rendered.model.relation.lower()] = causes[0]
    known.findings.append(_not_checked(model, causes))


def _resolve_safely(
    model: ParsedModel, spark: SparkSettings, known: _Known
) -> ResolvedModel | None:
    known.findings += model.findings
    try:
        return _resolve(model, spark, known)
    except (QueryTooLarge, RecursionError) as error:
        known.broken[model.rendered.model.relation.lower()] = model.name
        known.findings.append(_too_large(model, error))
        return None


def _too_large(model: ParsedModel, error: Exception) -> Finding:
    what = str(error) if isinstance(error, QueryTooLarge) else "it is nested too deeply"
    return Finding(
        "query-too-large",
        f"this query is too large: {what}",
        model.rendered.model.location,
        hint="take it apart, and look for a macro or a * that repeats itself",
        model=model.name,
    )


def _without_hidden(models: Sequence[ResolvedModel], known: _Known) -> Iterator[ResolvedModel]:
    used: dict[str, set[str]] = {}
    for model in models:
        for relation, fields in model.hidden_used.items():
            used.setdefault(relation, set()).update(fields)
    for model in models:
        edits = tuple(hidden_edits(model.parsed, known.stars[model.name], used))
        yield model._replace(sql=model.parsed.edited(edits), edits=edits)


def _tests_of_sources(
    sources: Sequence[Source],
    tests: Mapping[str, tuple[RenderedTest, ...]],
    spark: SparkSettings,
    known: _Known,
) -> Mapping[str, tuple[ResolvedTest, ...]]:
    """Resolve the data tests of sources, each of which stands as a model for that."""
    made: dict[str, tuple[ResolvedTest, ...]] = {}
    for source in sources:
        if not tests.get(source.relation):
            continue
        path, place = source.location.path, source.location
        model = Model(source.unique_name, path, "", "", (), {}, {}, place, of=source.relation)
        rows = rowset_of(known.relations[source.relation])
        try:
            made[source.relation], found = _tested(
                tests[source.relation], model, rows, spark, known
            )
        except (QueryTooLarge, RecursionError):
            message = "a data test of this source is too large: it is nested too deeply"
            found = (Finding("query-too-large", message, place, hint="take it apart"),)
        known.findings += (finding._replace(model=None) for finding in found)
    return made


def _tested(
    tests: Sequence[RenderedTest], model: Model, rows: Rowset, spark: SparkSettings, known: _Known
) -> tuple[tuple[ResolvedTest, ...], tuple[Finding, ...]]:
    """Resolve data tests over ``rows``, whatever the relation is for those who read it."""
    named = {r.relation.lower() for test in tests for r in test.references}
    relations = {name: known.rowsets[name] for name in named if name in known.rowsets}
    relations[model.relation.lower()] = rows._replace(hidden=())

    def walk_over(condition: ParsedModel) -> Walk:
        return Walk(condition, relations, resolve_query, type_of, spark)

    return resolve_tests(tests, model, rows, walk_over, lambda walk: tuple(hazards_in(walk)))


def _causes(model: ParsedModel, known: _Known) -> list[str]:
    relations = (r.relation.lower() for r in model.rendered.all_references)
    return list(dict.fromkeys(known.broken[r] for r in relations if r in known.broken))


def _not_checked(model: ParsedModel, causes: Sequence[str]) -> Finding:
    broken = ", ".join(causes)
    references = model.rendered.all_references
    failing = next((r for r in references if r.name in causes), references[0])
    return Finding(
        "not-checked",
        f"not checked, because {broken} failed",
        failing.location,
        Severity.INFO,
        model=model.name,
    )


def _resolve(parsed: ParsedModel, spark: SparkSettings, known: _Known) -> ResolvedModel:
    walk = Walk(parsed, known.rowsets, resolve_query, type_of, spark)
    found = resolve_query(parsed.tree, Scope(), walk)
    model, config = parsed.rendered.model, parsed.rendered.config
    found = with_dedup(found, parsed, walk)
    if walk.meetings:
        found = with_meetings(found, walk, runs=config.materialized in RUNS)
    found = with_row_ids(found, walk)
    findings = list(walk.findings)
    failed = any(f.is_error for f in (*findings, *parsed.findings))
    columns, mismatches = typed_columns(found, parsed)
    findings += mismatches
    if config.materialized in _STRICT:
        findings += duplicates(found, parsed)
        findings += unnamed(found, parsed)
    facts = facts_of(found, spark.version)
    mode, objections = output_mode(parsed, facts)
    findings += objections
    findings += _unreadable(parsed, known)
    tests: tuple[ResolvedTest, ...] = ()
    if failed:
        known.broken[model.relation.lower()] = model.name
    else:
        if parsed.rendered.tests:
            made = Relation(model.relation, columns, found.streaming, complete=found.complete)
            rows = rowset_of(made)
            tests, wrong = _tested(parsed.rendered.tests, model, rows, spark, known)
            findings += wrong
        relation = _relation(parsed, columns, facts, found)
        known.add(relation)
        if config.materialized == "table" and config.unique_key and not config.change_feed:
            known.merged.add(relation.name.lower())
    known.findings += findings
    used = {name: tuple(sorted(fields)) for name, fields in walk.hidden_used.items()}
    known.stars[parsed.name] = tuple(walk.stars)
    lineage = lineage_of(found, parsed)
    hazards = tuple(hazards_in(walk)) if found.streaming else ()
    hazards += tuple(h for test in tests for c in test.conditions for h in c.hazards)
    return ResolvedModel(
        parsed,
        columns,
        facts,
        parsed.sql,
        mode,
        used,
        hazards,
        lineage,
        tests,
        unlisted=not (failed or found.complete),
    )


def _relation(
    parsed: ParsedModel, columns: tuple[OutputColumn, ...], facts: StreamFacts, found: Rowset
) -> Relation:
    """Return what ``ref()`` of a model reads: a view itself, or what a query of its own wrote."""
    config = parsed.rendered.config
    name = parsed.rendered.model.relation
    complete = found.complete
    # Readers do not ask where a column stands, and would keep the tree to find out.
    columns = tuple([OutputColumn(n, t, None, never, said) for n, t, _, never, said in columns])
    if config.materialized not in RUNS:
        return Relation(
            name,
            columns,
            facts.streaming,
            watermarks=facts.watermarks,
            stateful=facts.stateful,
            complete=complete,
            operations=facts.operations,
            losses=facts.losses,
            reads=facts.reads,
            marks=facts.marks,
            pending=found.pending,
            unread=facts.unread,
            still=facts.still,
        )
    watermark = config.watermark
    marked = declared_watermark(watermark, parsed.name) if watermark else ()
    # Others may write to the topic, too.
    columns = tuple([OutputColumn(c.name, c.data_type) for c in columns])
    reads = (parsed.name,)
    return Relation(name, columns, True, watermarks=marked, complete=complete, reads=reads)


def _unreadable(parsed: ParsedModel, known: _Known) -> Iterator[Finding]:
    """Object to reading a merged table as a stream: rows that change are no stream."""
    for reference in parsed.rendered.references:
        if reference.relation.lower() in known.merged:
            yield Finding(
                "merged-table-not-streamable",
                f"'{reference.name}' is merged by key, and a table whose rows change "
                "cannot be read as a stream",
                reference.location,
                hint=f"set change_feed=true in {reference.name} to read its changes",
                model=parsed.name,
            )
