"""What a join makes of the columns on its two sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlglot import exp

from streamsql.findings import did_you_mean
from streamsql.resolve.coercion import wider
from streamsql.resolve.lineage import Field, How, united
from streamsql.resolve.scope import Attribute, Visible
from streamsql.resolve.walk import Walk


class Joined(NamedTuple):
    """The columns of a join: of both sides for its condition, and for what comes after it.

    ``right_seen`` is empty after a semi or anti join. ``kind`` is Spark's join type. ``keys``
    are the fields that USING and NATURAL compare, ``shared`` the names of their columns.
    """

    kind: str
    left: tuple[Visible, ...]
    right_all: tuple[Visible, ...]
    right_seen: tuple[Visible, ...]
    keys: frozenset[Field] = frozenset()
    shared: tuple[str, ...] = ()


def join(
    node: exp.Expr, left: tuple[Visible, ...], right: tuple[Visible, ...], walk: Walk
) -> Joined:
    """Join two sides; USING and NATURAL make one column of two."""
    kind = join_kind(node)
    one_sided = kind in ("left_semi", "left_anti")
    keys = _shared_keys(node, left, right)
    if not keys:
        return Joined(kind, left, right, () if one_sided else right)
    for key in node.args.get("using") or ():
        _check_key(key, left, right, walk)
    compared = _compared(keys, (left, right))
    if one_sided:
        return Joined(kind, left, right, (), compared, tuple(keys))
    merged = tuple(m for key in keys if (m := _merged(key, kind, left, right)) is not None)
    names = {m.attribute.name.lower() for m in merged}
    seen = (*merged, *_qualified(left, names))
    return Joined(kind, seen, right, _qualified(right, names), compared, tuple(keys))


def _compared(keys: Sequence[str], sides: Sequence[Sequence[Visible]]) -> frozenset[Field]:
    found = (_named(key, side) for key in keys for side in sides)
    return frozenset(use.field for column in found if column for use in column.origins.uses)


def join_kind(node: exp.Expr) -> str:
    """Return Spark's name of a join's type."""
    side = str(node.args.get("side") or "").lower()
    kind = str(node.args.get("kind") or "").lower()
    if str(node.args.get("method") or "").lower() == "asof":
        return "asof"
    if kind in ("semi", "anti"):
        return f"left_{kind}"
    if kind == "cross":
        # Of a comma in FROM sqlglot makes a join that was never asked for its pivots.
        return "cross" if "pivots" in node.args else "inner"
    return f"{side}_outer" if side else "inner"


def _shared_keys(node: exp.Expr, left: Sequence[Visible], right: Sequence[Visible]) -> list[str]:
    if node.args.get("using"):
        return [k.name.lower() for k in node.args["using"]]
    if str(node.args.get("method") or "").lower() == "natural":
        names = {v.attribute.name.lower() for v in right if v.in_star}
        found = [v.attribute.name.lower() for v in left if v.in_star]
        return [n for n in dict.fromkeys(found) if n in names]
    return []


def _check_key(
    key: exp.Expr, left: Sequence[Visible], right: Sequence[Visible], walk: Walk
) -> None:
    for side in (left, right):
        names = [v.attribute.name for v in side if v.bare]
        if side and key.name.lower() not in {n.lower() for n in names}:
            walk.report(
                "unknown-column",
                f"there is no column '{key.name}' on both sides of this join",
                key,
                did_you_mean(key.name, names),
            )
            return


def _merged(
    key: str, kind: str, left: Sequence[Visible], right: Sequence[Visible]
) -> Visible | None:
    ours, theirs = _named(key, left), _named(key, right)
    if ours is None or theirs is None:
        found = ours or theirs
        return None if found is None else Visible(None, found._replace(type=None))
    if kind == "full_outer":
        both = wider(ours.type, theirs.type)
        origins = united((ours.origins, theirs.origins), How.TRANSFORMATION)
        return Visible(None, ours._replace(type=both, event_time=None, origins=origins))
    return Visible(None, theirs if kind == "right_outer" else ours)


def _named(key: str, side: Sequence[Visible]) -> Attribute | None:
    found = [v.attribute for v in side if v.bare and v.attribute.name.lower() == key]
    return found[0] if found else None


def _qualified(side: Sequence[Visible], names: set[str]) -> tuple[Visible, ...]:
    """Leave a merged column's two halves to those who name their relation."""
    return tuple(
        v._replace(in_star=False, bare=False) if v.attribute.name.lower() in names else v
        for v in side
    )
