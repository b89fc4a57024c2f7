"""A part of a plan: the queries of some models."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from streamsql.plan.nodes import Plan


def narrow_plan(plan: Plan, models: Collection[str]) -> Plan:
    """Return the plan with the queries of these models only.

    The query that keeps a source's bad records stays with every reader of that source.
    """
    kept = [q for q in plan.queries if q.model in models]
    sources = {read.of for query in kept for read in query.reads}
    return replace(
        plan,
        queries=tuple(
            query
            for query in plan.queries
            if query in kept
            or (query.kind == "dead_letter" and sources & {read.of for read in query.reads})
        ),
    )
