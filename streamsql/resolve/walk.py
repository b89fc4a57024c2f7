"""One model being resolved: what the parts of the walk over its tree share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from streamsql.datatypes import DataType
from streamsql.dialect import span_of
from streamsql.findings import Finding, Location
from streamsql.parse import ParsedModel
from streamsql.project.nodes import SparkSettings
from streamsql.resolve.hazards import Risk
from streamsql.resolve.limits import MOST_FINDINGS
from streamsql.resolve.lineage import Trail
from streamsql.resolve.liveness import Meeting
from streamsql.resolve.modes import version_of
from streamsql.resolve.naming import written
from streamsql.resolve.relations import (
    EventTime,
    StateBound,
    StatefulOperator,
    StateKey,
    WatermarkLoss,
)
from streamsql.resolve.scope import STATIC, Attribute, Flow, Rowset, Scope, Visible

_ANY_SPARK = SparkSettings("local[*]", "4.1.1", {})


@dataclass(frozen=True, slots=True)
class Walk:
    """One model being resolved: where findings go, and how the parts of its tree are resolved.

    ``resolve_query`` and ``type_of`` (see ``resolve.expressions``) are here for those that these
    two call themselves. ``spark`` is the Spark that it is for. ``hidden_used`` are
    Kafka's own fields that it names, by relation; ``stars`` are its ``*`` with the hidden fields
    of the relations they stand for; ``risks`` are the expressions that may go wrong while it
    runs; ``read`` is what the expression being visited has named so far (see
    ``resolve.lineage``); ``row_ids`` are the calls that number rows, ``subqueries`` the queries in
    expressions; ``met`` are the relations that were read already, by identity; ``used`` and
    ``meetings`` are for ``resolve.liveness``.
    """

    parsed: ParsedModel
    relations: Mapping[str, Rowset]
    resolve_query: Callable[[exp.Expr, Scope, Walk], Rowset]
    type_of: Rule
    spark: SparkSettings = _ANY_SPARK
    findings: list[Finding] = field(default_factory=list)
    hidden_used: dict[str, set[str]] = field(default_factory=dict)
    stars: list[tuple[exp.Expr, tuple[Visible, ...]]] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)
    read: Trail = field(default_factory=list)
    row_ids: list[exp.Expr] = field(default_factory=list)
    subqueries: list[exp.Expr] = field(default_factory=list)
    used: list[Attribute] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    met: dict[int, Rowset] = field(default_factory=dict)

    @property
    def release(self) -> tuple[int, int]:
        """The major and minor version of its Spark."""
        return version_of(self.spark.version)

    @property
    def has_enough(self) -> bool:
        """Whether so much is wrong with the model that no more is looked for."""
        return len(self.findings) >= MOST_FINDINGS

    @property
    def has_windows(self) -> bool:
        """Whether a time window may stand anywhere in the model: most have none to look for."""
        return "window" in self.words

    @property
    def has_generators(self) -> bool:
        """Whether anything in the model may make rows of one."""
        return any(name in self.words for name in _GENERATORS)

    @property
    def words(self) -> str:
        """The model's SQL in lower case: what no word of it speaks of need not be looked for."""
        return _lower(self.parsed.rendered.sql)

    def report(self, rule: str, message: str, node: exp.Expr, hint: str | None = None) -> None:
        """Keep an error at the place of ``node``, unless there are enough of them."""
        if self.has_enough:
            return
        found = self.parsed.finding(rule, message, _placed(node), hint)
        if found not in self.findings:
            self.findings.append(found)

    def needs(self, what: str, version: tuple[int, int], node: exp.Expr) -> None:
        """Report syntax that the target's Spark does not know yet."""
        if self.release < version:
            have, want = (".".join(map(str, v)) for v in (self.release, version))
            self.report(
                "newer-syntax",
                f"{what} needs Spark {want}, and this target has {have}",
                node,
                "write it another way, or name a newer version in the profile",
            )

    def risk(self, found: Risk | None) -> None:
        """Keep what may go wrong with an expression, if anything may."""
        if found is not None:
            self.risks.append(found)

    def declared(self, column: str) -> str:
        """Return what people call a watermark that this model sets itself."""
        return f"{self.parsed.name}.{column}"

    def operator(
        self,
        kind: str,
        node: exp.Expr,
        keys: tuple[StateKey, ...] = (),
        bound: StateBound | None = None,
        below: Flow = STATIC,
    ) -> StatefulOperator:
        """Return a stateful operator of this model that stands at ``node``."""
        return StatefulOperator(
            kind,
            self.location(node),
            self.parsed.name,
            any(k.event_time is not None for k in keys),
            keys=keys,
            bound=bound or StateBound(),
            below=below.stateful,
            plain=below.plain,
        )

    def lost(
        self,
        event_time: EventTime,
        column: str,
        node: exp.Expr,
        cause: str = "expression",
        width: str | None = None,
    ) -> WatermarkLoss:
        """Return that the watermark of ``event_time`` was lost at ``node``."""
        place = self.location(node)
        return WatermarkLoss(
            event_time, column, written(node), place, self.parsed.name, cause, width
        )

    def location(self, node: exp.Expr) -> Location:
        """Return the place of a node, or of the smallest part around it that has one."""
        return self.parsed.location(_placed(node))


_GENERATORS = ("explode", "inline", "json_tuple", "stack")  # what their names have in common


@lru_cache(maxsize=8)
def _lower(sql: str) -> str:
    return sql.lower()


def _placed(node: exp.Expr) -> exp.Expr:
    """Return a node, or the smallest part around it whose place is known."""
    around: exp.Expr | None = node
    while around is not None:
        if span_of(around) is not None:
            return around
        around = around.parent
    return node


Rule = Callable[[exp.Expr, Scope, Walk], DataType | None]
"""What gives the type of an expression, and reports the names in it that mean nothing."""


def visit(nodes: Iterable[exp.Expr], scope: Scope, walk: Walk) -> None:
    """Check the names in expressions whose type does not matter."""
    for node in nodes:
        walk.type_of(node, scope, walk)


def hidden_in(visible: Sequence[Visible], qualifier: str | None = None) -> tuple[Visible, ...]:
    """Return Kafka's own fields among what is seen (of one relation, if it is named)."""
    return tuple(
        v for v in visible if v.attribute.origin and (qualifier is None or v.qualifier == qualifier)
    )
