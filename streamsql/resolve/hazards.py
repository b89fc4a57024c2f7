"""Expressions that Spark accepts and that go wrong while a query runs.

With ANSI mode on, an expression that meets a value it cannot work with throws, and the query
ends; started again it meets the same record. Others give another answer each time they are
evaluated, as happens to the rows of a batch that is sent again after a failure. They are noted
where their operands are typed, and judged when the whole model has been walked, by what stands
around them: a condition that looks at the same column is taken for a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from streamsql.datatypes import Array, DataType, Primitive, ddl
from streamsql.dialect import function_name
from streamsql.resolve.arguments import Argument
from streamsql.resolve.coercion import (
    BOOLEAN,
    DATE,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    is_day_time,
    is_numeric,
    is_year_month,
)

_LONGEST = 60
_TIMES = (DATE, TIMESTAMP, TIMESTAMP_NTZ)


class Risk(NamedTuple):
    """Something noted on the way: what may go wrong with ``node``.

    ``operand`` is the part whose value decides; ``reason`` says which values; ``cure`` is what
    to write instead.
    """

    kind: str
    node: exp.Expr
    operand: exp.Expr
    reason: str
    cure: str | None = None


# Casts


def cast_risk(node: exp.Expr, found: DataType | None, target: DataType | None) -> Risk | None:
    """Return what a CAST of text or of a variant to something else may throw on; overflow is
    left out."""
    if isinstance(node, exp.TryCast) or target is None:
        return None
    if found == VARIANT and target not in (VARIANT, STRING):
        cure = f"try_cast({_text(node.this)} AS {ddl(target).upper()})"
        return Risk("throws", node, node.this, f"a value that is no {_noun(target)}", cure)
    if found != STRING:
        return None
    if not _parses_text(target) or _is_well_formed(node.this):
        return None
    cure = f"try_cast({_text(node.this)} AS {ddl(target).upper()})"
    return Risk("throws", node, node.this, f"text that is no {_noun(target)}", cure)


def _parses_text(target: DataType) -> bool:
    timed = is_day_time(target) or is_year_month(target)
    return is_numeric(target) or target in (*_TIMES, BOOLEAN) or timed


def _noun(target: DataType) -> str:
    if is_numeric(target):
        return "number"
    return ddl(target).replace("_ntz", "") if isinstance(target, Primitive) else "such value"


def _is_well_formed(node: exp.Expr) -> bool:
    """Whether text is a literal, or was made of a value that had a type: judged when it is read."""
    node = node.unnest()
    if isinstance(node, exp.Cast):
        return True
    return isinstance(node, exp.Literal) or function_name(node) in _MAKES_NUMBERS


_MAKES_NUMBERS = frozenset({"date_format", "string"})


def comparison_risks(
    node: exp.Expr, operands: Sequence[tuple[exp.Expr, DataType | None]]
) -> Iterator[Risk]:
    """Yield what a comparison of text with a number or a time throws on: Spark casts the text."""
    others = [t for _, t in operands if t is not None and t != STRING]
    target = next((t for t in others if is_numeric(t) or t in _TIMES), None)
    if target is None:
        return
    for operand, found in operands:
        if found == STRING and not _is_well_formed(operand):
            cure = f"try_cast({_text(operand)} AS {ddl(target).upper()})"
            reason = f"text that is no {_noun(target)}, which it is cast to here"
            yield Risk("throws", node, operand, reason, cure)


# Division and indexes


def division_risk(node: exp.Expr, divisor: exp.Expr, cure: str | None) -> Risk | None:
    """Return what a division or remainder throws on, unless its divisor is surely not zero.

    ``cure`` is the function that gives NULL instead.
    """
    if _is_not_zero(divisor):
        return None
    if cure is None:
        written = f"{_text(node.this)} DIV nullif({_text(divisor)}, 0)"
    else:
        written = f"{cure}({_text(node.this)}, {_text(divisor)})"
    return Risk("throws", node, divisor, "a divisor of zero", written)


def _is_not_zero(node: exp.Expr) -> bool:
    node = node.unnest()
    if isinstance(node, exp.Neg):
        return _is_not_zero(node.this)
    if isinstance(node, exp.Literal):
        return not node.is_string and any(d in "123456789" for d in str(node.this).split("e")[0])
    if isinstance(node, exp.Cast):
        return _is_not_zero(node.this)
    if isinstance(node, (exp.Mul, exp.Pow)):
        return _is_not_zero(node.this) and _is_not_zero(node.expression)
    name = function_name(node)
    if name in ("nullif", "nullifzero"):
        return name == "nullifzero" or _is_zero(node.expressions[-1])
    if name in ("greatest", "exp", "pi", "e", "interval_seconds"):
        return name != "greatest" or any(_is_not_zero(e) for e in node.expressions)
    if name in ("power", "pow", "coalesce", "ifnull", "nvl"):
        return all(_is_not_zero(e) for e in node.expressions)
    # A group has at least one row.
    return name == "count" and all(isinstance(e, (exp.Star, exp.Literal)) for e in node.expressions)


def _is_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not any(d in "123456789" for d in str(node.this))


def index_risk(node: exp.Expr, found: DataType | None) -> Risk | None:
    """Return what ``items[0]`` throws on: an array that is too short."""
    if not isinstance(found, Array) or not isinstance(node, exp.Bracket):
        return None
    index = node.expressions[0] if len(node.expressions) == 1 else None
    if index is None or (function_name(node.this) == "split" and _is_zero(index)):
        return None  # Spark's split gives at least one part
    cure = f"get({_text(node.this)}, {_text(index)})"
    return Risk("throws", node, node.this, "an array with no item at this place", cure)


# Functions


def call_risks(name: str, node: exp.Expr, arguments: Sequence[Argument]) -> Iterator[Risk]:
    """Yield what may go wrong with a function call."""
    if name in UNSTABLE and not (arguments and name in _SEEDED):
        yield Risk("nondeterministic", node, node, "each evaluation gives another value")
    elif name in _NOW or (name == "unix_timestamp" and not arguments):
        yield Risk("processing-time", node, node, "it is the time of the batch")
    elif arguments:
        risk = _throwing_call(name, node, arguments)
        if risk is not None:
            yield risk


UNSTABLE = frozenset({"rand", "random", "randn", "randstr", "uniform", "uuid", "shuffle"})
_SEEDED = frozenset({"rand", "random", "randn"})
_NOW = frozenset(
    {"now", "current_timestamp", "current_date", "curdate", "localtimestamp", "current_time"}
)


def now_risk(node: exp.Expr) -> Risk:
    """Return what the time of the batch is, where it is written without brackets."""
    return Risk("processing-time", node, node, "it is the time of the batch")


def _throwing_call(name: str, node: exp.Expr, arguments: Sequence[Argument]) -> Risk | None:
    first = arguments[0]
    if name == "variant_get":
        return _variant_part(node, arguments)
    if name in _CASTS and len(arguments) == 1:
        return _cast_call(name, node, first)
    if name in ("mod", "pmod") and len(arguments) == 2:
        return _remainder(name, node)
    if name == "element_at":
        reason = "an array with no item at this place"
        found = isinstance(first.type, Array)
        return Risk("throws", node, first.node, reason, _renamed(node)) if found else None
    if name not in _PARSERS or first.type != STRING or _is_well_formed(first.node):
        return None
    reason, cure = _PARSERS[name]
    return Risk("throws", node, first.node, reason, _renamed(node, cure) if cure else None)


def _variant_part(node: exp.Expr, arguments: Sequence[Argument]) -> Risk | None:
    target = arguments[2].text if len(arguments) > 2 else None
    if target is None or target.strip().lower() in ("variant", "string"):
        return None
    reason = f"a value that is no {target}"
    return Risk("throws", node, arguments[0].node, reason, _renamed(node, "try_variant_get"))


def _remainder(name: str, node: exp.Expr) -> Risk | None:
    dividend, divisor = node.expressions
    if _is_not_zero(divisor):
        return None
    safe = f"pmod({_text(dividend)}, nullif({_text(divisor)}, 0))"
    cure = safe if name == "pmod" else _renamed(node)
    return Risk("throws", node, divisor, "a divisor of zero", cure)


def _cast_call(name: str, node: exp.Expr, argument: Argument) -> Risk | None:
    if argument.type != STRING or _is_well_formed(argument.node):
        return None
    cure = f"try_cast({_text(argument.node)} AS {name.upper()})"
    return Risk("throws", node, argument.node, f"text that is no {_CASTS[name]}", cure)


_CASTS: Mapping[str, str] = {
    **dict.fromkeys(
        ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal"), "number"
    ),
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
_PARSERS: Mapping[str, tuple[str, str | None]] = {
    "aes_decrypt": ("text that is not encrypted with this key", "try_aes_decrypt"),
    "parse_json": ("text that is no JSON", "try_parse_json"),
    "parse_url": ("text that is no URL", "try_parse_url"),
    "to_binary": ("text of another form", "try_to_binary"),
    "to_date": ("text that is no date of this form", "try_to_date"),
    "to_number": ("text of another form", "try_to_number"),
    "to_timestamp": ("text that is no timestamp of this form", "try_to_timestamp"),
    "to_timestamp_ltz": ("text that is no timestamp of this form", "try_to_timestamp"),
    "to_timestamp_ntz": ("text that is no timestamp of this form", None),
    "to_unix_timestamp": ("text that is no timestamp of this form", None),
    "unix_timestamp": ("text that is no timestamp of this form", None),
    "url_decode": ("text that is not URL-encoded", "try_url_decode"),
}


def _renamed(node: exp.Expr, name: str | None = None) -> str:
    parts = ", ".join(_text(e) for e in node.expressions)
    return f"{name or 'try_' + (function_name(node) or '')}({parts})"


def _text(node: exp.Expr) -> str:
    plain = _plain_text(node)
    if plain is not None:
        return plain
    # Queries are rewritten while they are written.
    copy = node.find(exp.Query) is not None
    return node.sql("databricks", comments=False, normalize_functions=False, copy=copy)


def shown(risk: Risk) -> tuple[str, str | None]:
    """Return the expression, and what to write instead if that is short enough to be shown."""
    text = _text(risk.node)
    cure = risk.cure if risk.cure is None or len(risk.cure) <= _LONGEST else None
    return (text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"), cure


# What stands around an expression


def is_guarded(risk: Risk) -> bool:
    """Whether a condition around the expression looks at a column that decides."""
    names = {c.name.lower() for c in risk.operand.find_all(exp.Column, exp.Identifier)}
    child: exp.Expr = risk.node
    parent = child.parent
    while parent is not None:
        if any(_looks_at(c, names) for c in _conditions(parent, child)):
            return True
        child, parent = parent, parent.parent
    return False


def _conditions(parent: exp.Expr, child: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions of ``parent`` that decide whether ``child`` is evaluated."""
    if isinstance(parent, exp.Case):
        yield from (i.this for i in parent.args["ifs"] if i is not child)
        if parent.this is not None:
            yield parent.this
    elif isinstance(parent, exp.If):
        if parent.this is not child:
            yield parent.this
    elif isinstance(parent, (exp.And, exp.Or)):
        yield parent.this if parent.expression is child else parent.expression
    elif isinstance(parent, exp.Filter):
        if parent.this is child:
            yield parent.expression.this
    elif isinstance(parent, exp.Select):
        where = parent.args.get("where")
        if where is not None and where is not child:
            yield where.this
    elif function_name(parent) == "if" and parent.expressions[0] is not child:
        yield parent.expressions[0]


def _looks_at(condition: exp.Expr, names: set[str]) -> bool:
    """Whether a condition says more of a column than that it is not NULL."""
    for column in condition.find_all(exp.Column):
        if column.name.lower() in names and not isinstance(column.parent, exp.Is):
            return True
    return False


def in_condition(node: exp.Expr) -> bool:
    """Whether an expression decides which rows there are: in WHERE, HAVING, QUALIFY or ON."""
    child, parent = node, node.parent
    while parent is not None and not isinstance(parent, exp.Query):
        if isinstance(parent, (exp.Where, exp.Having, exp.Qualify)):
            return True
        if isinstance(parent, exp.Join) and parent.args.get("on") is child:
            return True
        child, parent = parent, parent.parent
    return False


def is_event_time(node: exp.Expr, watermarked: Iterable[exp.Expr]) -> bool:
    """Whether an expression is itself what a window or a WATERMARK clause takes for the time."""
    call = node.parent
    if call is not None and function_name(call) in ("window", "session_window"):
        return call.expressions[0] is node
    return any(node is expression for expression in watermarked)


def _plain_text(node: exp.Expr) -> str | None:
    """Return the text of a name, a number or a call of such: sqlglot's writer takes long to make.

    None for what may need more than that.
    """
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
        parts = node.parts
        quoted = any(part.args.get("quoted") for part in parts)
        return None if quoted else ".".join([part.name for part in parts])
    if isinstance(node, exp.Literal) and not node.is_string:
        return str(node.this)
    if not isinstance(node, exp.Anonymous) or not isinstance(node.this, str):
        return None
    arguments = [_plain_text(argument) for argument in node.expressions]
    if any(argument is None for argument in arguments):
        return None
    return f"{node.this}({', '.join([a for a in arguments if a is not None])})"
