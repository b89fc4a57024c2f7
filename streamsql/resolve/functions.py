"""The types of Spark's built-in functions, by name and arguments.

A function that is not listed has no known type. ``tests/resolve/types`` holds the
expressions that the suite compares with Spark itself.
"""

from __future__ import annotations

from sqlglot import exp

from streamsql.datatypes import (
    Array,
    DataType,
    DataTypeError,
    Decimal,
    Field,
    Primitive,
    Struct,
    parse_columns,
    parse_type,
)
from streamsql.resolve.arguments import Argument, Arguments, Rule, widest_of
from streamsql.resolve.coercion import (
    BIGINT,
    BINARY,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VARIANT,
    arithmetic,
    bounded,
    is_day_time,
    is_fractional,
    is_integral,
    is_numeric,
    is_year_month,
    wider,
    widest,
)
from streamsql.resolve.collection_functions import COLLECTION_RULES
from streamsql.resolve.fixed_functions import AGGREGATES, FIXED


def function_type(name: str, arguments: Arguments) -> DataType | None:
    """Return what Spark's function ``name`` (lower case) gives for ``arguments``, if known."""
    fixed = FIXED.get(name)
    if fixed is not None:
        return fixed
    rule = _RULES.get(name)
    if rule is None or not (arguments or name in _EMPTY):
        return None
    return rule(arguments)


_EMPTY = frozenset({"array", "map"})
"""Constructors that make something of nothing."""


def is_aggregate(name: str) -> bool:
    """Whether a function makes one value of many rows."""
    return name in AGGREGATES


def _same(arguments: Arguments) -> DataType | None:
    return arguments[0].type


def _bits(arguments: Arguments) -> DataType | None:
    return arguments[0].type if is_integral(arguments[0].type) else None


def _shifted(arguments: Arguments) -> DataType | None:
    return arguments[0].type if arguments[0].type in (INT, BIGINT) else None


def _arithmetic(operator: str) -> Rule:
    def rule(arguments: Arguments) -> DataType | None:
        if len(arguments) != 2:
            return None
        left, right = arguments
        return operation_type(operator, left, right)

    return rule


def operation_type(operator: str, left: Argument, right: Argument) -> DataType | None:
    """Return what an arithmetic operator gives; a literal beside a decimal keeps its digits."""
    left_type, right_type = left.type, right.type
    if isinstance(left_type, Decimal) and is_integral(right_type):
        right_type = _literal_decimal(right) or right_type
    elif isinstance(right_type, Decimal) and is_integral(left_type):
        left_type = _literal_decimal(left) or left_type
    return arithmetic(operator, left_type, right_type)


def _literal_decimal(argument: Argument) -> Decimal | None:
    node = argument.node
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        node = node.this if _has_suffix(node.this) else node
    value = Argument(argument.type, node).integer
    return None if value is None else Decimal(len(str(abs(value))), 0)


def _has_suffix(literal: exp.Literal) -> bool:
    """Whether a number is written with a suffix (``2L``), which sqlglot makes a cast of."""
    place = literal.meta
    return "start" in place and place["end"] - place["start"] + 1 > len(str(literal.this))


def _concat(arguments: Arguments) -> DataType | None:
    types = [a.type for a in arguments]
    if any(t is None for t in types):
        return None
    if all(isinstance(t, Array) for t in types):
        return widest(types)
    if any(isinstance(t, Array) for t in types):
        return None
    return BINARY if all(t == BINARY for t in types) else STRING


def _text_or_bytes(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return None if found is None else BINARY if found == BINARY else STRING


def _reverse(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return None if found is None else found if isinstance(found, Array) else STRING


def _sum(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    if isinstance(found, Decimal):
        return bounded(found.precision + 10, found.scale)
    if is_integral(found):
        return BIGINT
    if is_fractional(found) or found == STRING:
        return DOUBLE
    return found if _whole_interval(found) else None


def _average(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    if isinstance(found, Decimal):
        return bounded(found.precision + 4, found.scale + 4)
    if is_numeric(found) or found == STRING:
        return DOUBLE
    return _whole_interval(found)


def _average_of_doubles(arguments: Arguments) -> DataType | None:
    return DOUBLE if all(is_fractional(a.type) for a in arguments) else None


def _whole_interval(found: DataType | None) -> DataType | None:
    if is_day_time(found):
        return Primitive("interval day to second")
    return Primitive("interval year to month") if is_year_month(found) else None


def _interpolated(arguments: Arguments) -> DataType | None:
    """Return the type of percentile(x, p): of numbers double, in an array for several p."""
    found = arguments[0].type
    result: DataType | None = DOUBLE if is_numeric(found) else _whole_interval(found)
    return _for_each(arguments, result)


def _approximate(arguments: Arguments) -> DataType | None:
    return _for_each(arguments, arguments[0].type)


def _for_each(arguments: Arguments, result: DataType | None) -> DataType | None:
    if result is None or len(arguments) < 2:
        return result
    asked = arguments[1].type
    if asked is None:
        return None
    return Array(result) if isinstance(asked, Array) else result


def _median(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return DOUBLE if is_numeric(found) else _whole_interval(found)


def _round(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    if not isinstance(found, Decimal):
        return found if is_numeric(found) else None
    digits = 0 if len(arguments) == 1 else arguments[1].integer
    if digits is None:
        return None
    whole = found.precision - found.scale + 1
    if digits < 0:
        return Decimal(min(max(whole, -digits + 1), 38), 0)
    scale = min(found.scale, digits)
    return Decimal(min(whole + scale, 38), scale)


def _ceil(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    if len(arguments) > 1:
        return _round(arguments) if isinstance(found, Decimal) else None
    if isinstance(found, Decimal):
        return bounded(found.precision - found.scale + 1, 0) if found.scale else found
    return BIGINT if is_numeric(found) else None


def _sign(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return DOUBLE if is_numeric(found) else None


def _number(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    return found if is_numeric(found) or _whole_interval(found) else None


def _nvl2(arguments: Arguments) -> DataType | None:
    return widest_of(arguments[1:])


def _nan_or(arguments: Arguments) -> DataType | None:
    types = [a.type for a in arguments]
    if not all(is_numeric(t) for t in types):
        return None
    if FLOAT in types and DOUBLE not in types:
        return FLOAT if all(t == FLOAT for t in types) else None
    return DOUBLE


def _zero_if_null(arguments: Arguments) -> DataType | None:
    return wider(arguments[0].type, INT)


def _decode(arguments: Arguments) -> DataType | None:
    if len(arguments) == 2:
        return STRING
    results = list(arguments[2::2])
    if len(arguments) % 2 == 0:
        results.append(arguments[-1])
    return widest_of(results)


def _date_add(arguments: Arguments) -> DataType | None:
    if len(arguments) < 3:
        return DATE
    found = arguments[2].type
    if found == TIMESTAMP_NTZ:
        return TIMESTAMP_NTZ
    return TIMESTAMP if found in (DATE, TIMESTAMP, STRING) else None


def _date_diff(arguments: Arguments) -> DataType | None:
    return BIGINT if len(arguments) == 3 else INT


def extracted(field: str, source: DataType | None) -> DataType | None:
    """Return the type of ``EXTRACT(field FROM source)``."""
    if source is None:
        return None
    unit = field.lower()
    if unit in ("second", "seconds", "sec", "s", "secs"):
        return Decimal(8, 6)
    if is_day_time(source) or is_year_month(source):
        whole = {"year": INT, "month": Primitive("tinyint"), "day": INT}
        part = {"hour": Primitive("tinyint"), "minute": Primitive("tinyint")}
        return {**whole, **part}.get(unit.removesuffix("s"))
    return INT if unit.removesuffix("s") in _DATE_FIELDS else None


_DATE_FIELD_NAMES = """
    year y yr yearofweek quarter qtr month mon week w day d dayofweek dow dayofweek_iso
    dow_iso doy hour h hr minute m min
"""
_DATE_FIELDS = frozenset(_DATE_FIELD_NAMES.split())


def _date_part(arguments: Arguments) -> DataType | None:
    if len(arguments) != 2 or arguments[0].text is None:
        return None
    return extracted(arguments[0].text, arguments[1].type)


def _window(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    match found:
        case Struct((Field(type=start), _)) if start in (TIMESTAMP, TIMESTAMP_NTZ):
            return found
    if found not in (TIMESTAMP, TIMESTAMP_NTZ):
        return None
    return Struct((Field("start", found), Field("end", found)))


def _window_time(arguments: Arguments) -> DataType | None:
    match arguments[0].type:
        case Struct((Field(name="start", type=start), Field(name="end"))):
            return start
    return None


def schema_type(text: str) -> DataType | None:
    """Return the type that a schema text stands for; None for one in Spark's JSON.

    Raises:
        DataTypeError: it stands for none.
    """
    if text.lstrip().startswith(("{", '"')):
        return None
    try:
        return parse_type(text)
    except DataTypeError as as_type:
        try:
            return parse_columns(text)
        except DataTypeError as as_columns:
            at_the_end = as_columns.offset >= len(text.rstrip())
            further = as_columns.offset > as_type.offset and not at_the_end
            raise (as_columns if further else as_type) from None


def _schema(text: str | None) -> DataType | None:
    try:
        return schema_type(text) if text is not None else None
    except DataTypeError:
        return None


def _from_text(arguments: Arguments) -> DataType | None:
    return _schema(arguments[1].constant) if len(arguments) > 1 else None


def _variant_get(arguments: Arguments) -> DataType | None:
    if len(arguments) < 3:
        return VARIANT
    return _schema(arguments[2].constant)


def _elt(arguments: Arguments) -> DataType | None:
    types = [a.type for a in arguments[1:]]
    if any(t is None for t in types):
        return None
    return BINARY if types and all(t == BINARY for t in types) else STRING


def _histogram(arguments: Arguments) -> DataType | None:
    found = arguments[0].type
    if found is None:
        return None
    return Array(Struct((Field("x", found), Field("y", DOUBLE))))


def _to_number(arguments: Arguments) -> DataType | None:
    pattern = (arguments[1].text or "") if len(arguments) > 1 else ""
    if not pattern or set(pattern.upper()) - set("09.,$SMIPRDG"):
        return None
    whole, _, part = pattern.upper().replace("G", ",").replace("D", ".").partition(".")
    digits = [sum(c in "09" for c in p) for p in (whole, part)]
    return Decimal(sum(digits), digits[1]) if sum(digits) else None


_RULES: dict[str, Rule] = {
    **COLLECTION_RULES,
    "abs": _number,
    "any_value": _same,
    "approx_percentile": _approximate,
    "avg": _average,
    "bit_and": _bits,
    "bit_or": _bits,
    "bit_xor": _bits,
    "bround": _round,
    "ceil": _ceil,
    "ceiling": _ceil,
    "coalesce": widest_of,
    "concat": _concat,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_part": _date_part,
    "dateadd": _date_add,
    "datediff": _date_diff,
    "datepart": _date_part,
    "decode": _decode,
    "elt": _elt,
    "first": _same,
    "first_value": _same,
    "floor": _ceil,
    "from_csv": _from_text,
    "from_json": _from_text,
    "from_xml": _from_text,
    "greatest": widest_of,
    "histogram_numeric": _histogram,
    "ifnull": widest_of,
    "lag": _same,
    "last": _same,
    "last_value": _same,
    "lead": _same,
    "least": widest_of,
    "lpad": _text_or_bytes,
    "map_filter": _same,
    "max": _same,
    "max_by": _same,
    "mean": _average,
    "median": _median,
    "min": _same,
    "min_by": _same,
    "mod": _arithmetic("%"),
    "mode": _same,
    "nanvl": _nan_or,
    "negative": _number,
    "nth_value": _same,
    "nullif": _same,
    "nullifzero": _same,
    "nvl": widest_of,
    "nvl2": _nvl2,
    "percentile": _interpolated,
    "percentile_approx": _approximate,
    "pmod": _arithmetic("%"),
    "positive": _number,
    "reverse": _reverse,
    "regr_avgx": _average_of_doubles,
    "regr_avgy": _average_of_doubles,
    "round": _round,
    "rpad": _text_or_bytes,
    "session_window": _window,
    "shiftleft": _shifted,
    "shiftright": _shifted,
    "shiftrightunsigned": _shifted,
    "sign": _sign,
    "signum": _sign,
    "substr": _text_or_bytes,
    "substring": _text_or_bytes,
    "sum": _sum,
    "timestampadd": _date_add,
    "to_number": _to_number,
    "try_add": _arithmetic("+"),
    "try_avg": _average,
    "try_divide": _arithmetic("/"),
    "try_mod": _arithmetic("%"),
    "try_multiply": _arithmetic("*"),
    "try_subtract": _arithmetic("-"),
    "try_sum": _sum,
    "try_to_number": _to_number,
    "try_variant_get": _variant_get,
    "variant_get": _variant_get,
    "window": _window,
    "window_time": _window_time,
    "zeroifnull": _zero_if_null,
}
