"""The models of a project, upstream first: their columns, their facts, their faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from sqlglot import exp

from streamsql.datatypes import DataType, DataTypeError, Primitive, ddl, parse_type
from streamsql.findings import Finding, Location, Severity
from streamsql.formats import find_format, hidden_types
from streamsql.parse import ParsedModel
from streamsql.project.nodes import Column, Model, Project, Seed, Source, Watermark
from streamsql.render.rendered import RenderedTest
from streamsql.resolve.coercion import TIMESTAMP
from streamsql.resolve.data_tests import resolve_tests
from streamsql.resolve.hazards import in_condition, is_event_time, is_guarded, shown
from streamsql.resolve.limits import QueryTooLarge
from streamsql.resolve.lineage import (
    NOWHERE,
    Influences,
    ModelLineage,
    column_of,
    fields_in,
    unlisted_of,
)
from streamsql.resolve.liveness import Meeting, event_times, pending, settled
from streamsql.resolve.modes import legal_output_modes, version_of
from streamsql.resolve.operations import operation
from streamsql.resolve.queries import resolve_query
from streamsql.resolve.relations import (
    HIDDEN_COLUMNS,
    EventTime,
    Hazard,
    Objection,
    OutputColumn,
    OutputMode,
    Relation,
    Resolution,
    ResolvedModel,
    ResolvedTest,
    StateBound,
    StatefulOperator,
    StateKey,
    StreamFacts,
)
from streamsql.resolve.scope import Attribute, Flow, Rowset, Scope, Visible
from streamsql.resolve.stars import Stars, hidden_edits
from streamsql.resolve.walk import Walk

_RUNS = frozenset({"topic", "table", "sink"})
_STRICT = frozenset({"topic", "table"})


@dataclass(slots=True)
class _Known:
    """What is known so far, filled from the sources down to the last model."""

    relations: dict[str, Relation] = field(default_factory=dict)
    rowsets: dict[str, Rowset] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    stars: dict[str, Stars] = field(default_factory=dict)

    def add(self, relation: Relation, rowset: Rowset) -> None:
        self.relations[relation.name] = relation
        self.rowsets[relation.name.lower()] = rowset


@dataclass(frozen=True, slots=True)
class Outcome:
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
        self._spark = project.target.spark.version
        self._known = _Known()
        for source in project.sources:
            self.take(source_relation(source))
            self._known.findings += _source_faults(source)
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
        self._known.add(relation, _rowset(relation))

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
    parsed: ParsedModel, before: Resolution, spark_version: str
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
            known.rowsets[read.name.lower()] = _rowset(read)
    made = None
    if causes := _causes(parsed, known):
        _pass_over(parsed, causes, known)
    else:
        made = _resolve_safely(parsed, spark_version, known)
    found = tuple(dict.fromkeys(known.findings))
    merged = frozenset(known.merged)
    return made, Resolution((), known.relations, found, (), known.broken, merged)


def _pass_over(model: ParsedModel, causes: Sequence[str], known: _Known) -> None:
    known.findings += model.findings
    known.broken[model.rendered.model.relation.lower()] = causes[0]
    known.findings.append(_not_checked(model, causes))


def _resolve_safely(model: ParsedModel, spark_version: str, known: _Known) -> ResolvedModel | None:
    known.findings += model.findings
    try:
        return _resolve(model, spark_version, known)
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
        yield replace(model, sql=model.parsed.edited(edits), edits=edits)


# Sources and seeds


def source_relation(source: Source) -> Relation:
    """Return what ``source()`` reads: the declared columns, and Kafka's own fields hidden."""
    timed = source.watermark.column.lower() if source.watermark else None
    # A record without its event time is a bad one.
    columns = tuple(
        replace(out, never_null=c.not_null or c.name.lower() == timed)
        for out, c in zip(_declared(source.columns), source.columns, strict=True)
    )
    complete = bool(columns)
    written = find_format(source.format)
    if not columns and written is not None and written.one_value is not None:
        columns = (OutputColumn("value", written.one_value, source.location, never_null=True),)
        complete = True
    types: dict[str, str | None] = {**HIDDEN_COLUMNS, **hidden_types(source, source.key)}
    known = frozenset(types) - {"_key", "_headers", "_before", "_source_ts"}
    hidden = tuple(OutputColumn(n, _normal(t), never_null=n in known) for n, t in types.items())
    watermark = source.watermark
    marked = _declared_watermark(watermark, source.unique_name) if watermark else ()
    if next(_source_faults(source), None):  # readers are checked as if it were mended
        marked = tuple(replace(m, column=_first_time(columns, m.column)) for m in marked)
    reads = (source.unique_name,)
    return Relation(source.relation, columns, True, hidden, marked, (), complete, reads=reads)


def _first_time(columns: Sequence[OutputColumn], name: str) -> str:
    return next((c.name for c in columns if c.data_type == ddl(TIMESTAMP)), name)


def _declared_watermark(watermark: Watermark, owner: str) -> tuple[EventTime, ...]:
    told = f"{owner}.{watermark.column}"
    return (EventTime(watermark.column, watermark.delay, told, watermark.location),)


def seed_relation(seed: Seed) -> Relation:
    """Return what ``ref()`` of a seed reads: a static table."""
    return Relation(seed.relation, _declared(seed.columns), streaming=False)


def _declared(columns: Sequence[Column]) -> tuple[OutputColumn, ...]:
    return tuple(OutputColumn(c.name, _normal(c.data_type), c.location) for c in columns)


def _normal(text: str | None) -> str | None:
    found = _read(text)
    return None if found is None else ddl(found)


def _read(text: str | None) -> DataType | None:
    """Read a declared type; what is wrong with it is for those who load the project to say."""
    if text is None:
        return None
    try:
        found = parse_type(text)
    except DataTypeError:
        return None
    if isinstance(found, Primitive) and found.name.startswith(("char(", "varchar(")):
        return Primitive("string")
    return found


def _tests_of_sources(
    sources: Sequence[Source],
    tests: Mapping[str, tuple[RenderedTest, ...]],
    spark_version: str,
    known: _Known,
) -> Mapping[str, tuple[ResolvedTest, ...]]:
    """Resolve the data tests of sources, each of which stands as a model for that."""
    made: dict[str, tuple[ResolvedTest, ...]] = {}
    for source in sources:
        if not tests.get(source.relation):
            continue
        path, place = source.location.path, source.location
        model = Model(source.unique_name, path, "", "", (), {}, {}, place, of=source.relation)
        rows = _rowset(known.relations[source.relation])
        try:
            made[source.relation], found = _tested(
                tests[source.relation], model, rows, spark_version, known
            )
        except (QueryTooLarge, RecursionError):
            message = "a data test of this source is too large: it is nested too deeply"
            found = (Finding("query-too-large", message, place, hint="take it apart"),)
        known.findings += (replace(finding, model=None) for finding in found)
    return made


def _tested(
    tests: Sequence[RenderedTest], model: Model, rows: Rowset, spark_version: str, known: _Known
) -> tuple[tuple[ResolvedTest, ...], tuple[Finding, ...]]:
    """Resolve data tests over ``rows``, whatever the relation is for those who read it."""
    relations = {**known.rowsets, model.relation.lower(): replace(rows, hidden=())}

    def walk_over(condition: ParsedModel) -> Walk:
        return Walk(condition, relations, resolve_query, version_of(spark_version))

    return resolve_tests(tests, model, rows, walk_over, lambda walk: tuple(_hazards(walk)))


def _source_faults(source: Source) -> Iterator[Finding]:
    watermark = source.watermark
    if watermark is None:
        return
    names = {c.name.lower(): c for c in source.columns}
    column = names.get(watermark.column.lower())
    if column is not None:
        found = _read(column.data_type)
    else:
        hidden = HIDDEN_COLUMNS.get(watermark.column.lower())
        found = _read(hidden)
    if found is not None and found != TIMESTAMP:
        yield Finding(
            "watermark-not-timestamp",
            f"a watermark needs a timestamp, and '{watermark.column}' is {ddl(found)}",
            watermark.location,
            hint="declare the column as timestamp",
        )


def _rowset(relation: Relation) -> Rowset:
    """Return a relation as the queries that read it see it."""
    marked = {w.column.lower(): w for w in relation.watermarks}

    def attribute(column: OutputColumn, origin: str | None = None) -> Attribute:
        event_time = marked.get(column.name.lower())
        origins = column_of(relation.name, column.name)
        return Attribute(
            column.name,
            _read(column.data_type),
            event_time,
            origin=origin,
            origins=origins,
            never_null=column.never_null,
        )

    return Rowset(
        tuple(attribute(c) for c in relation.columns),
        tuple(attribute(c, relation.name) for c in relation.hidden),
        Flow(
            relation.streaming,
            relation.stateful,
            relation.operations,
            relation.losses,
            relation.reads,
            relation.marked or bool(relation.watermarks),
        ),
        relation.complete,
        influences=Influences(relations=frozenset((relation.name,))),
        unlisted=NOWHERE if relation.complete else unlisted_of(relation.name),
        pending=relation.pending,
    )


# Models


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


def _resolve(parsed: ParsedModel, spark_version: str, known: _Known) -> ResolvedModel:
    walk = Walk(parsed, known.rowsets, resolve_query, version_of(spark_version))
    found = resolve_query(parsed.tree, Scope(), walk)
    model, config = parsed.rendered.model, parsed.rendered.config
    found = _with_dedup(found, parsed, walk)
    if walk.meetings:
        found = _with_meetings(found, walk, runs=config.materialized in _RUNS)
    found = _with_row_ids(found, walk)
    findings = list(walk.findings)
    failed = any(f.is_error for f in (*findings, *parsed.findings))
    columns, mismatches = _typed(found, parsed)
    findings += mismatches
    if config.materialized in _STRICT:
        findings += _duplicates(found, parsed)
        findings += _unnamed(found, parsed)
    facts = _facts(found, spark_version)
    mode, objections = _output_mode(parsed, facts)
    findings += objections
    findings += _unreadable(parsed, known)
    tests: tuple[ResolvedTest, ...] = ()
    if failed:
        known.broken[model.relation.lower()] = model.name
    else:
        made = _rowset(Relation(model.relation, columns, found.streaming, complete=found.complete))
        tests, wrong = _tested(parsed.rendered.tests, model, made, spark_version, known)
        findings += wrong
        relation = _relation(parsed, columns, facts, found)
        known.add(relation, _rowset(relation))
        if config.materialized == "table" and config.unique_key and not config.change_feed:
            known.merged.add(relation.name.lower())
    known.findings += findings
    used = {name: tuple(sorted(fields)) for name, fields in walk.hidden_used.items()}
    known.stars[parsed.name] = tuple(walk.stars)
    lineage = _lineage(found, parsed)
    hazards = tuple(_hazards(walk)) if found.streaming else ()
    hazards += tuple(h for test in tests for c in test.conditions for h in c.hazards)
    return ResolvedModel(parsed, columns, facts, parsed.sql, mode, used, hazards, lineage, tests)


def _hazards(walk: Walk) -> Iterator[Hazard]:
    """Yield each expression that may go wrong and has no guard, once for each way to write it."""
    seen: set[tuple[str, str]] = set()
    for risk in walk.risks:
        if is_guarded(risk):
            continue
        text, cure = shown(risk)
        if (risk.kind, text) in seen:
            continue
        seen.add((risk.kind, text))
        decides = in_condition(risk.node)
        place = walk.location(risk.node)
        dates = is_event_time(risk.node, (c.expression for c in walk.parsed.watermarks))
        yield Hazard(risk.kind, text, place, risk.reason, cure, decides, dates)


def _lineage(found: Rowset, parsed: ParsedModel) -> ModelLineage:
    columns = {c.name: c.origins for c in found.columns}
    dedup = parsed.rendered.config.dedup
    if dedup is None:
        return ModelLineage(columns, found.influences)
    keys = {k.lower() for k in dedup.keys}
    grouped = fields_in(o for name, o in columns.items() if name.lower() in keys)
    return ModelLineage(columns, found.influences | Influences(grouped=grouped))


def _facts(found: Rowset, spark_version: str) -> StreamFacts:
    watermarks = tuple(
        replace(c.event_time, column=c.name) for c in found.columns if c.event_time is not None
    )
    flow = found.flow
    facts = StreamFacts(
        flow.streaming, watermarks, flow.stateful, flow.operations, flow.losses, flow.reads
    )
    modes = legal_output_modes(facts, spark_version) if flow.streaming else ()
    return replace(facts, modes=modes)


def _with_row_ids(found: Rowset, walk: Walk) -> Rowset:
    calls = (operation("row_id", n, walk, streaming=found.streaming) for n in walk.row_ids)
    return replace(found, flow=found.flow.past(*calls)) if walk.row_ids else found


def _with_meetings(found: Rowset, walk: Walk, *, runs: bool) -> Rowset:
    """Settle where event times meet; a view leaves to its readers what depends on them."""
    if runs:
        return replace(found, flow=settled(found.flow, walk.meetings, walk.used, found.columns))
    waiting = tuple(pending(found.flow, walk.meetings, walk.used, found.columns))
    flow = settled(found.flow, walk.meetings, walk.used, ())
    return replace(found, flow=flow, pending=waiting)


def _with_dedup(found: Rowset, parsed: ParsedModel, walk: Walk) -> Rowset:
    dedup = parsed.rendered.config.dedup
    if dedup is None or not found.streaming:
        return found
    marked = next((c.event_time for c in found.columns if c.event_time is not None), None)
    bound = StateBound(reason="its rows have no column with a watermark")
    if marked is not None:
        bound = StateBound("within", marked, dedup.within or marked.delay)
    operator = StatefulOperator(
        "dedup",
        parsed.rendered.place("dedup"),
        parsed.name,
        marked is not None,
        keys=tuple(StateKey(k, "column") for k in dedup.keys),
        bound=bound,
        below=found.flow.stateful,
        plain=found.flow.stateful,  # it is put on top of the whole query
    )
    times = event_times(Visible(None, c) for c in found.columns)
    if len(times) > 1:
        keys = {k.lower() for k in dedup.keys}
        needed = tuple(c for c in times.values() if c.name.lower() in keys)
        walk.meetings.append(Meeting(operator, (times,), needed, len(walk.used)))
    return replace(found, flow=found.flow.through(operator))


def _place(parsed: ParsedModel, column: Attribute) -> Location:
    node: exp.Expr = column.node if column.node is not None else parsed.tree
    return parsed.location(node)


def _typed(found: Rowset, parsed: ParsedModel) -> tuple[tuple[OutputColumn, ...], list[Finding]]:
    """Take declared types where none is inferred; report where both are known and differ."""
    declared = {c.name.lower(): c for c in parsed.rendered.model.columns}
    columns: list[OutputColumn] = []
    findings: list[Finding] = []
    places: dict[int, Location] = {}  # the columns of a * have one place
    for column in found.columns:
        place = places.get(id(column.node)) or _place(parsed, column)
        places[id(column.node)] = place
        told = declared.get(column.name.lower())
        told_type = _read(told.data_type) if told is not None else None
        known_type = column.type or told_type
        written = ddl(known_type) if known_type is not None else None
        columns.append(OutputColumn(column.name, written, place, column.never_null))
        if parsed.rendered.contract_enforced:
            continue  # contract-broken speaks of it
        if told is not None and told_type and column.type and not _agree(told_type, column.type):
            findings.append(_mismatch(parsed, told, ddl(column.type)))
    return tuple(columns), findings


def _agree(told: DataType, found: DataType) -> bool:
    return ddl(told).lower() == ddl(found).lower()


def _mismatch(parsed: ParsedModel, told: Column, found: str) -> Finding:
    return Finding(
        "type-mismatch",
        f"the column '{told.name}' is declared as {told.data_type}, and its SQL gives {found}",
        told.location,
        Severity.WARNING,
        hint=f"declare it as {found}, or cast it: CAST(… AS {told.data_type})",
        model=parsed.name,
    )


def _duplicates(found: Rowset, parsed: ParsedModel) -> Iterator[Finding]:
    seen: set[str] = set()
    for column in found.columns:
        name = column.name.lower()
        if name in seen:
            yield Finding(
                "duplicate-column",
                f"two columns are called '{column.name}'",
                _place(parsed, column),
                hint="give one of them another name with AS",
                model=parsed.name,
            )
        seen.add(name)


def _unnamed(found: Rowset, parsed: ParsedModel) -> Iterator[Finding]:
    for column in found.columns:
        if not column.named:
            yield Finding(
                "unnamed-column",
                "this column has no name of its own, and readers need one",
                _place(parsed, column),
                hint="give it a name with AS",
                model=parsed.name,
            )


def _output_mode(parsed: ParsedModel, facts: StreamFacts) -> tuple[str | None, list[Finding]]:
    """Choose append where Spark allows it; object to a mode that it does not allow.

    What has a rule of its own is left to that rule.
    """
    config = parsed.rendered.config
    if config.materialized not in _RUNS or not facts.streaming:
        return None, []
    verdicts = {m.name: m for m in facts.modes}
    verdict = verdicts.get(config.output_mode or "append")
    if verdict is None:
        return None, []
    if verdict.legal:
        return verdict.name, []
    others = [m.name for m in verdicts.values() if m.legal and not _miscounts(m.name, facts)]
    own = [o for o in verdict.objections if o.rule is None]
    findings = [_objection(parsed, verdict, objection, others) for objection in own]
    return None, list(dict.fromkeys(findings))


def _miscounts(mode: str, facts: StreamFacts) -> bool:
    """Whether a mode that Spark accepts would let an aggregation count updates as rows."""
    inner = (b.kind for o in facts.stateful for b in o.below)
    return mode != "append" and any(kind in ("aggregate", "session_window") for kind in inner)


def _objection(
    parsed: ParsedModel, verdict: OutputMode, objection: Objection, others: Sequence[str]
) -> Finding:
    asked = parsed.rendered.config.output_mode is not None
    rule = "illegal-output-mode" if asked else "no-append-mode"
    place = _cause_place(parsed, objection)
    reason = objection.reason
    if asked:
        cause = objection.cause
        if cause is not None and cause.location.path == parsed.rendered.model.path:
            reason += f" (line {cause.location.line})"
        place = parsed.rendered.place("output_mode")
    message = f"this query cannot run in {verdict.name} mode: {reason}"
    hint = _way_out(verdict.name, objection, others)
    return Finding(rule, message, place, hint=hint, model=parsed.name)


def _cause_place(parsed: ParsedModel, objection: Objection) -> Location:
    cause = objection.cause
    if cause is not None and cause.model == parsed.name:
        return cause.location
    return parsed.rendered.model.location


def _way_out(mode: str, objection: Objection, others: Sequence[str]) -> str | None:
    ways: list[str] = []
    cause = objection.cause
    if mode == "append" and isinstance(cause, StatefulOperator) and not cause.watermarked:
        ways.append(
            "group by a time window over a column with a watermark"
            if cause.kind not in ("distinct", "except")
            else "select a column with a watermark too"
        )
    if others:
        modes = " or ".join(f"output_mode='{m}'" for m in others)
        ways.append(f"set {modes}")
    return ", or ".join(ways) or objection.hint


def _relation(
    parsed: ParsedModel, columns: tuple[OutputColumn, ...], facts: StreamFacts, found: Rowset
) -> Relation:
    """Return what ``ref()`` of a model reads: a view itself, or what a query of its own wrote."""
    config = parsed.rendered.config
    name = parsed.rendered.model.relation
    complete = found.complete
    if config.materialized not in _RUNS:
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
            marked=found.flow.marked,
            pending=found.pending,
        )
    watermark = config.watermark
    marked = _declared_watermark(watermark, parsed.name) if watermark else ()
    # Others may write to the topic, too.
    columns = tuple(replace(c, never_null=False) for c in columns)
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
