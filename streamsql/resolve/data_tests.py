"""Data tests, resolved: each is a condition over the columns of one relation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlglot import exp

from streamsql.dialect import SqlError, parse_sql
from streamsql.errors import ModelError
from streamsql.findings import Finding, did_you_mean
from streamsql.parse import ParsedModel, parse_model
from streamsql.project.nodes import Model, ModelConfig
from streamsql.render.rendered import (
    Reference,
    RenderedCondition,
    RenderedModel,
    RenderedTest,
    SourceMap,
    Span,
)
from streamsql.resolve.conditions import check_condition
from streamsql.resolve.relations import Hazard, ResolvedTest, TestCondition
from streamsql.resolve.scope import Rowset, Scope
from streamsql.resolve.shape import aggregates_in
from streamsql.resolve.walk import Walk

_BEFORE, _AFTER = "SELECT (\n", "\n) AS passes FROM "
_MOST = 60  # each has a bit of a bigint


def resolve_tests(
    tests: Sequence[RenderedTest],
    model: Model,
    rows: Rowset,
    walk_over: Callable[[ParsedModel], Walk],
    hazards_of: Callable[[Walk], tuple[Hazard, ...]],
) -> tuple[tuple[ResolvedTest, ...], tuple[Finding, ...]]:
    """Resolve the tests of a model (or of a source that stands as one) over its ``rows``.

    ``walk_over`` gives the walk over a query of what the project knows, and of these rows under
    the model's own relation; ``hazards_of`` what may go wrong with what was walked over.
    """
    resolved: list[ResolvedTest] = []
    findings: list[Finding] = list(_too_many(tests, model))
    for test in tests:
        missing = _missing_column(test, model, rows)
        if missing is not None:
            findings.append(missing)
            continue
        conditions: dict[str, TestCondition] = {}
        for kind in ("passes", "where"):
            rendered = getattr(test, kind)
            if rendered is not None:
                condition, found = _condition(rendered, test, model, walk_over, hazards_of)
                findings += found
                if condition is not None:
                    conditions[kind] = condition
        if (test.passes is None) == ("passes" not in conditions):
            resolved.append(ResolvedTest(test.id, test.test, **_both(conditions)))
    return tuple(resolved), tuple(findings)


def _both(conditions: Mapping[str, TestCondition]) -> dict[str, TestCondition | None]:
    return {"passes": conditions.get("passes"), "where": conditions.get("where")}


def _too_many(tests: Sequence[RenderedTest], model: Model) -> Iterator[Finding]:
    if len(tests) > _MOST:
        yield Finding(
            "query-too-large",
            f"there are {len(tests)} data tests here, and at most {_MOST} can be counted",
            tests[_MOST].test.location,
            hint="put several conditions into one test",
            model=model.name,
        )


def _missing_column(test: RenderedTest, model: Model, rows: Rowset) -> Finding | None:
    column = test.test.column
    names = [c.name for c in rows.columns]
    if column is None or not rows.complete or column.lower() in map(str.lower, names):
        return None
    return Finding(
        "unknown-column",
        f"the data test '{test.test.name}' is about the column '{column}', which is not there",
        test.test.location,
        hint=did_you_mean(column, names) or f"the columns are {', '.join(names)}",
        model=model.name,
    )


def _condition(
    rendered: RenderedCondition,
    test: RenderedTest,
    model: Model,
    walk_over: Callable[[ParsedModel], Walk],
    hazards_of: Callable[[Walk], tuple[Hazard, ...]],
) -> tuple[TestCondition | None, tuple[Finding, ...]]:
    """Parse and resolve one condition, as the only column of a query over the relation."""
    try:
        parsed = parse_model(_as_query(rendered, model))
        _check_alone(rendered, parsed)
    except ModelError as error:
        return None, (error.finding,)
    walk = walk_over(parsed)
    columns = walk.resolve_query(parsed.tree, Scope(), walk).columns
    (node,) = parsed.tree.expressions
    kind = columns[0].type if len(columns) == 1 else None
    check_condition(node.this, f"the data test '{test.test.name}'", kind, walk)
    _check_one_row(node, test, walk)
    findings = tuple(_about_tests(f) for f in (*parsed.findings, *walk.findings))
    text = parsed.sql[len(_BEFORE) : parsed.sql.rindex(_AFTER)]
    names = dict.fromkeys(c.name for c in parsed.tree.find_all(exp.Column) if c.name)
    return TestCondition(text, parsed, tuple(names), hazards_of(walk)), findings


def _as_query(rendered: RenderedCondition, model: Model) -> RenderedModel:
    shifted = tuple(
        span._replace(start=span.start + len(_BEFORE)) for span in rendered.source_map.spans
    )
    first = Span(0, shifted[0].location, literal=False)
    itself = Reference("ref", model.name, model.relation, alias_of(model.name), first.location)
    return RenderedModel(
        model=model,
        sql=f"{_BEFORE}{rendered.sql}{_AFTER}{model.relation}",
        references=(*rendered.references, itself),
        config=ModelConfig(),
        source_map=SourceMap((first, *shifted)),
    )


def alias_of(name: str) -> str:
    """Return what conditions may call the relation: the model, or the table of a source."""
    return name.rpartition(".")[2]


def _check_alone(rendered: RenderedCondition, parsed: ParsedModel) -> None:
    """Make sure that a condition is one: brackets that do not match could end the query.

    Raises:
        ModelError: it is more, or less.
    """
    try:
        tree = parse_sql(f"SELECT 1 WHERE (\n{rendered.sql}\n)").tree
    except SqlError:
        tree = None
    expressions = parsed.tree.expressions
    clauses = {"where", "group", "having", "order", "limit", "distinct", "joins", "laterals"}
    alone = len(expressions) == 1 and not any(parsed.tree.args.get(c) for c in clauses)
    alone = alone and not isinstance(expressions[0].unalias(), exp.Tuple)
    if tree is None or not alone:
        message = "a data test is one condition, and this is something else"
        place = parsed.rendered.source_map.locate(len(_BEFORE))
        finding = Finding("sql-syntax", message, place, model=parsed.name)
        raise ModelError(finding)


def _check_one_row(node: exp.Expr, test: RenderedTest, walk: Walk) -> None:
    """Report what looks at more than one row."""
    many = [*aggregates_in(node), *node.find_all(exp.Window, exp.Star)]
    for part in many[:1]:
        walk.report(
            "test-of-many-rows",
            f"the data test '{test.test.name}' looks at many rows, and a test sees one",
            part,
            "compute it in a model, and test the result",
        )


def _about_tests(finding: Finding) -> Finding:
    if finding.rule != "streaming-subquery":
        return finding
    return finding._replace(
        rule="unbounded-test",
        message="this test would look for each row in a stream, which has no end",
        hint="refer to a seed, or join the stream in a model with a time bound and test "
        "what the join gives",
    )
