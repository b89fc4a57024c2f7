"""How Spark makes one type of several: widening, arithmetic, and the digits of decimals.

The rules are those of Spark 4.1 with ANSI mode on (``AnsiTypeCoercion``,
``DecimalPrecision``, ``DecimalType``). None stands for a type that is not known; what is
not certain is None, and never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from streamsql.datatypes import Array, DataType, Decimal, Field, Map, Primitive, Struct

BIGINT = Primitive("bigint")
BINARY = Primitive("binary")
BOOLEAN = Primitive("boolean")
DATE = Primitive("date")
DOUBLE = Primitive("double")
FLOAT = Primitive("float")
INT = Primitive("int")
SMALLINT = Primitive("smallint")
STRING = Primitive("string")
TIMESTAMP = Primitive("timestamp")
TIMESTAMP_NTZ = Primitive("timestamp_ntz")
TINYINT = Primitive("tinyint")
VARIANT = Primitive("variant")
VOID = Primitive("void")

_MAX = 38
_MIN_ADJUSTED_SCALE = 6
_PRECEDENCE = (TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE)
_DIGITS = {TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 20}
_DATETIMES = (DATE, TIMESTAMP_NTZ, TIMESTAMP)
_DAY_TIME = ("day", "hour", "minute", "second")
_YEAR_MONTH = ("year", "month")

INTEGRAL = frozenset(_DIGITS)


def is_integral(data_type: DataType | None) -> bool:
    """Whether the type is a whole number that is no decimal."""
    return data_type in INTEGRAL


def is_fractional(data_type: DataType | None) -> bool:
    """Whether the type is float or double."""
    return data_type in (FLOAT, DOUBLE)


def is_numeric(data_type: DataType | None) -> bool:
    """Whether the type is a number."""
    return data_type in _PRECEDENCE or isinstance(data_type, Decimal)


def is_text(data_type: DataType | None) -> bool:
    """Whether the type is a plain string (Spark reads char and varchar as such)."""
    return data_type == STRING


def adjusted(precision: int, scale: int) -> Decimal:
    """Return a decimal that fits 38 digits, giving up scale before whole digits."""
    if precision <= _MAX:
        return Decimal(precision, scale)
    whole = precision - scale
    return Decimal(_MAX, max(_MAX - whole, min(scale, _MIN_ADJUSTED_SCALE)))


def bounded(precision: int, scale: int) -> Decimal:
    """Return a decimal whose digits are cut off at 38."""
    return Decimal(min(precision, _MAX), min(scale, _MAX))


def as_decimal(data_type: DataType | None) -> Decimal | None:
    """Return the decimal that holds every value of a whole number or decimal type."""
    if isinstance(data_type, Decimal):
        return data_type
    digits = _DIGITS.get(data_type) if isinstance(data_type, Primitive) else None
    return Decimal(digits, 0) if digits else None


def wider(left: DataType | None, right: DataType | None) -> DataType | None:
    """Return the type that CASE, COALESCE, UNION and VALUES give to two types."""
    if left is None or right is None:
        return None
    if left == right or right == VOID:
        return left
    if left == VOID:
        return right
    match left, right:
        case Array(a), Array(b):
            element = wider(a, b)
            return Array(element) if element else None
        case Map(k1, v1), Map(k2, v2):
            key, value = wider(k1, k2), wider(v1, v2)
            return Map(key, value) if key and value else None
        case Struct(a_fields), Struct(b_fields):
            return _wider_struct(a_fields, b_fields)
        case Decimal(), Decimal():
            return _wider_decimal(left, right)
        case Primitive(), Primitive() if STRING in (left, right):
            return _promoted_string(right if left == STRING else left)
        case Decimal(), Primitive(name="string") | Primitive(name="float" | "double"):
            return DOUBLE
        case Primitive(name="string") | Primitive(name="float" | "double"), Decimal():
            return DOUBLE
    return _wider_primitive(left, right)


def widest(types: Iterable[DataType | None]) -> DataType | None:
    """Return the type of several branches, else None if one of them is not known."""
    known = list(types)
    return reduce(wider, known) if known else None


def _wider_struct(left: tuple[Field, ...], right: tuple[Field, ...]) -> DataType | None:
    names = [f.name.lower() for f in left]
    if names != [f.name.lower() for f in right]:
        return None
    fields = []
    for a, b in zip(left, right, strict=True):
        found = wider(a.type, b.type)
        if found is None:
            return None
        fields.append(Field(a.name, found))
    return Struct(tuple(fields))


def _wider_decimal(left: Decimal, right: Decimal) -> DataType | None:
    scale = max(left.scale, right.scale)
    whole = max(left.precision - left.scale, right.precision - right.scale)
    return Decimal(whole + scale, scale) if whole + scale <= _MAX else None


def _wider_primitive(left: DataType, right: DataType) -> DataType | None:
    if left in _PRECEDENCE and right in _PRECEDENCE:
        return wider_number(left, right)
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        a, b = as_decimal(left), as_decimal(right)
        return _wider_decimal(a, b) if a and b else None
    if left in _DATETIMES and right in _DATETIMES:
        return max(left, right, key=_DATETIMES.index)
    return wider_interval(left, right)


def _promoted_string(other: Primitive) -> DataType | None:
    """Return what ANSI mode makes of a string beside another type."""
    if is_integral(other):
        return BIGINT
    if is_fractional(other):
        return DOUBLE
    if other in (*_DATETIMES, BOOLEAN, BINARY):
        return other
    return None


def wider_number(left: DataType, right: DataType) -> DataType:
    """Return the wider of two numbers that are no decimals; whole with float is double."""
    found = max(left, right, key=_PRECEDENCE.index)
    if found == FLOAT and left != right:
        return DOUBLE
    return found


def interval_units(data_type: DataType | None) -> tuple[str, ...]:
    """Return the first and last unit of an interval type, or nothing if it is none."""
    if not isinstance(data_type, Primitive) or not data_type.name.startswith("interval "):
        return ()
    words = data_type.name.split()
    return words[1], words[-1]


def interval_of(units: Iterable[str]) -> Primitive | None:
    """Return the interval type that spans units of one family."""
    found = set(units)
    for family in (_YEAR_MONTH, _DAY_TIME):
        if found and found <= set(family):
            first = min(found, key=family.index)
            last = max(found, key=family.index)
            return Primitive(f"interval {first}" + (f" to {last}" if last != first else ""))
    return None


def wider_interval(left: DataType, right: DataType) -> DataType | None:
    """Return the interval type that holds both, if they are of one family."""
    units = (*interval_units(left), *interval_units(right))
    if len(units) != 4:
        return None
    return interval_of(units)


def is_day_time(data_type: DataType | None) -> bool:
    """Whether the type is an interval of days down to seconds."""
    return any(u in _DAY_TIME for u in interval_units(data_type))


def is_year_month(data_type: DataType | None) -> bool:
    """Whether the type is an interval of years and months."""
    return any(u in _YEAR_MONTH for u in interval_units(data_type))


def decimal_arithmetic(operator: str, left: Decimal, right: Decimal) -> DataType | None:
    """Return what ``+ - * / %`` of two decimals gives."""
    (p1, s1), (p2, s2) = (left.precision, left.scale), (right.precision, right.scale)
    match operator:
        case "+" | "-":
            scale = max(s1, s2)
            return adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)
        case "*":
            return adjusted(p1 + p2 + 1, s1 + s2)
        case "/":
            scale = max(_MIN_ADJUSTED_SCALE, s1 + p2 + 1)
            return adjusted(p1 - s1 + s2 + scale, scale)
        case "%":
            scale = max(s1, s2)
            return adjusted(min(p1 - s1, p2 - s2) + scale, scale)
    return None


def arithmetic(operator: str, left: DataType | None, right: DataType | None) -> DataType | None:
    """Return what ``+ - * / %`` of two types gives, dates and intervals included."""
    if left is None or right is None:
        return None
    if is_numeric(left) and is_numeric(right):
        return _number_arithmetic(operator, left, right)
    if STRING in (left, right):
        return _string_arithmetic(operator, right if left == STRING else left)
    if operator == "+":
        return _plus(left, right) or _plus(right, left)
    if operator == "-":
        return _minus(left, right)
    return _scaled_interval(operator, left, right)


def _number_arithmetic(operator: str, left: DataType, right: DataType) -> DataType | None:
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        a, b = as_decimal(left), as_decimal(right)
        return decimal_arithmetic(operator, a, b) if a and b else DOUBLE
    return DOUBLE if operator == "/" else wider_number(left, right)


def _string_arithmetic(operator: str, other: DataType) -> DataType | None:
    if is_integral(other):
        return DOUBLE if operator == "/" else BIGINT
    if is_numeric(other):
        return DOUBLE
    return None


def _plus(left: DataType, right: DataType) -> DataType | None:
    if left == DATE:
        if right in (TINYINT, SMALLINT, INT) or is_year_month(right):
            return DATE
        if is_day_time(right):
            return DATE if set(interval_units(right)) == {"day"} else TIMESTAMP
        return None
    if left in (TIMESTAMP, TIMESTAMP_NTZ):
        return left if interval_units(right) else None
    return wider_interval(left, right)


def _minus(left: DataType, right: DataType) -> DataType | None:
    if left == DATE and right == DATE:
        return Primitive("interval day")
    if left in _DATETIMES and right in _DATETIMES:
        return Primitive("interval day to second")
    return _plus(left, right)


def _scaled_interval(operator: str, left: DataType, right: DataType) -> DataType | None:
    interval, number = (left, right) if interval_units(left) else (right, left)
    if not is_numeric(number) or (operator == "/" and interval is not left):
        return None
    if operator not in "*/":
        return None
    if is_year_month(interval):
        return Primitive("interval year to month")
    return Primitive("interval day to second") if is_day_time(interval) else None
