"""The names Spark gives to columns that have no alias."""

from __future__ import annotations

from sqlglot import exp

from streamsql.dialect import function_name

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.And: "AND",
    exp.Div: "/",
    exp.EQ: "=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Mod: "%",
    exp.Mul: "*",
    exp.Or: "OR",
    exp.Sub: "-",
}


def written(node: exp.Expr) -> str:
    """Return an expression as text for people, much as they wrote it."""
    match node:
        case exp.Column():
            return ".".join(p.name for p in node.parts)
        case exp.Identifier():
            return node.name
        case exp.Literal():
            return f"'{node.this}'" if node.is_string else str(node.this)
        case exp.Anonymous():
            return f"{node.name.lower()}({', '.join(written(e) for e in node.expressions)})"
        case exp.Dot():
            return f"{written(node.this)}.{written(node.expression)}"
        case exp.Paren():
            return f"({written(node.this)})"
    return str(node.sql("databricks", comments=False))


def has_name(node: exp.Expr) -> bool:
    """Whether a select item has a name that people can rely on: an alias, or a column's."""
    if isinstance(node, (exp.Alias, exp.Column)) or _window_name(node):
        return True
    if isinstance(node, exp.Cast):
        return isinstance(node.this, exp.Column) and len(node.this.parts) == 1
    return isinstance(node, exp.Dot) and has_name(node.this)


def output_name(node: exp.Expr) -> str:
    """Return what the column of a select item is called.

    Exact where ``has_name``; Spark's own texts for other expressions are followed as far
    as people refer to them.
    """
    if isinstance(node, (exp.Alias, exp.Column)):
        return str(node.alias_or_name)
    if isinstance(node, exp.Cast) and has_name(node):
        return str(node.this.name)
    if isinstance(node, exp.Dot) and has_name(node):
        return str(node.expression.name)
    return _window_name(node) or _pretty(node)


def _window_name(node: exp.Expr) -> str | None:
    name = function_name(node)
    return name if name in ("window", "session_window") else None


def _pretty(node: exp.Expr) -> str:
    operator = _OPERATORS.get(type(node))
    if operator is not None:
        return f"({_pretty(node.this)} {operator} {_pretty(node.expression)})"
    match node:
        case exp.Column():
            return str(node.name)
        case exp.Paren():
            return _pretty(node.this)
        case exp.Star():
            return "1"
        case exp.Literal():
            return str(node.this)
        case exp.Boolean():
            return "true" if node.this else "false"
        case exp.Bracket():
            return f"{_pretty(node.this)}[{_pretty(node.expressions[0])}]"
        case exp.Dot():
            return f"{_pretty(node.this)}.{node.expression.name}"
        case exp.Distinct():
            return "DISTINCT " + ", ".join(_pretty(e) for e in node.expressions)
        case exp.Anonymous():
            return f"{node.name.lower()}({', '.join(_pretty(e) for e in node.expressions)})"
    return str(node.sql("databricks", comments=False))
