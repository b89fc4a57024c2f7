"""Pairs of JSON Schemas, and whether all that the second allows is allowed by the first."""

from __future__ import annotations

from typing import Any, NamedTuple


class JsonPair(NamedTuple):
    """``field`` is where the reader's schema says no; None if it takes all that is written.

    ``registry`` is Apicurio's answer where it is another one than ours.
    """

    name: str
    reader: Any
    writer: Any
    field: str | None
    registry: bool | None = None


def of(
    properties: dict[str, Any], *required: str, closed: Any = None, **more: Any
) -> dict[str, Any]:
    """An object with these properties; ``closed`` is its ``additionalProperties``."""
    made = {"type": "object", "properties": properties, **more}
    made |= {"required": list(required)} if required else {}
    return made if closed is None else {**made, "additionalProperties": closed}


def x(kind: Any, *required: str, closed: Any = None, **more: Any) -> dict[str, Any]:
    """An object whose one property ``x`` is this."""
    return of({"x": kind}, *required, closed=closed, **more)


def one_of(*choices: Any) -> dict[str, Any]:
    return {"oneOf": list(choices)}


def whole(**limits: Any) -> dict[str, Any]:
    return {"type": "integer", **limits}


def text(**limits: Any) -> dict[str, Any]:
    return {"type": "string", **limits}


def listed(items: Any = None, **limits: Any) -> dict[str, Any]:
    return {"type": "array", **({} if items is None else {"items": items}), **limits}


NULL, INT, NUMBER, TEXT, FLAG = (
    {"type": name} for name in ("null", "integer", "number", "string", "boolean")
)
REFERS = {"$ref": "#/definitions/money"}
TREE = of({"v": INT, "next": {"$ref": "#"}})
WIDE_TREE = of({"v": NUMBER, "next": {"$ref": "#"}})

JSON_PAIRS = (
    JsonPair("same", x(INT), x(INT), None),
    JsonPair("integer to number", x(NUMBER), x(INT), None),
    JsonPair("number to integer", x(INT), x(NUMBER), "x"),
    JsonPair("integer to string", x(TEXT), x(INT), "x"),
    JsonPair("boolean to integer", x(INT), x(FLAG), "x"),
    JsonPair("may be null no more", x(INT), x({"type": ["null", "integer"]}), "x"),
    JsonPair("oneOf null no more", x(INT), x(one_of(NULL, INT)), "x"),
    JsonPair("null or wider", x(one_of(NULL, NUMBER)), x(one_of(NULL, INT)), None),
    JsonPair("null or narrower", x(one_of(NULL, INT)), x(one_of(NULL, NUMBER)), "x"),
    JsonPair("oneOf grows", x(one_of(NULL, INT, TEXT)), x(one_of(NULL, INT)), None),
    JsonPair("oneOf shrinks", x(one_of(NULL, INT)), x(one_of(NULL, INT, TEXT)), "x"),
    JsonPair("oneOf in another order", x(one_of(INT, NULL)), x(one_of(NULL, INT)), None),
    JsonPair("list to oneOf", x({"type": ["null", "integer"]}), x(one_of(NULL, INT)), None),
    JsonPair("anyOf grows", x({"anyOf": [NULL, INT, TEXT]}), x({"anyOf": [NULL, INT]}), None),
    JsonPair("open: a property more", of({"x": INT, "y": INT}), x(INT), "y"),
    JsonPair("open: a property less", x(INT), of({"x": INT, "y": INT}), None),
    JsonPair("open: a required one more", of({"x": INT, "y": INT}, "y"), x(INT), "y"),
    JsonPair("open: a required one less", x(INT), of({"x": INT, "y": INT}, "y"), None),
    JsonPair(
        "closed: a property more",
        of({"x": INT, "y": INT}, closed=False),
        x(INT, closed=False),
        None,
    ),
    JsonPair(
        "closed: a required one more",
        of({"x": INT, "y": INT}, "y", closed=False),
        x(INT, closed=False),
        "y",
    ),
    JsonPair(
        "closed: a required one more with a default",
        of({"x": INT, "y": whole(default=0)}, "y", closed=False),
        x(INT, closed=False),
        "y",
    ),
    JsonPair(
        "closed: a property less", x(INT, closed=False), of({"x": INT, "y": INT}, closed=False), "y"
    ),
    JsonPair("opened, with one more", of({"x": INT, "y": INT}), x(INT, closed=False), None),
    JsonPair("opened, with one less", x(INT), of({"x": INT, "y": INT}, closed=False), None),
    JsonPair("opened", x(INT), x(INT, closed=False), None),
    JsonPair("closed", x(INT, closed=False), x(INT), ""),
    JsonPair("others fit", of({"x": INT, "y": INT}, closed=INT), x(INT, closed=INT), None),
    JsonPair("others do not fit", of({"x": INT, "y": TEXT}, closed=INT), x(INT, closed=INT), "y"),
    JsonPair("gone to the others", x(INT, closed=INT), of({"x": INT, "y": INT}, closed=INT), None),
    JsonPair("others narrower", x(INT, closed=INT), x(INT, closed=NUMBER), "[]"),
    JsonPair("others wider", x(INT, closed=NUMBER), x(INT, closed=INT), None),
    JsonPair("required no more", x(INT), x(INT, "x"), None),
    JsonPair("required from now on", x(INT, "x"), x(INT), "x"),
    JsonPair("required as ever", x(INT, "x"), x(INT, "x"), None),
    JsonPair("enum grows", x({"enum": ["a", "b", "c"]}), x({"enum": ["a", "b"]}), None),
    JsonPair("enum shrinks", x({"enum": ["a"]}), x({"enum": ["a", "b"]}), "x"),
    JsonPair("enum in another order", x({"enum": ["b", "a"]}), x({"enum": ["a", "b"]}), None),
    JsonPair("enum of strings shrinks", x(text(enum=["a"])), x(text(enum=["a", "b"])), "x"),
    JsonPair("enum to string", x(TEXT), x(text(enum=["a"])), None),
    JsonPair("string to enum", x(text(enum=["a"])), x(TEXT), "x"),
    JsonPair("maximum up", x(whole(maximum=9)), x(whole(maximum=5)), None),
    JsonPair("maximum down", x(whole(maximum=5)), x(whole(maximum=9)), "x"),
    JsonPair("maximum from now on", x(whole(maximum=5)), x(INT), "x"),
    JsonPair("maximum no more", x(INT), x(whole(maximum=5)), None),
    JsonPair("minimum up", x(whole(minimum=9)), x(whole(minimum=5)), "x"),
    JsonPair("minimum down", x(whole(minimum=1)), x(whole(minimum=5)), None),
    JsonPair(
        "minimum without itself",
        x(
            whole(minimum=5, exclusiveMinimum=True),
            **{"$schema": "http://json-schema.org/draft-04/schema#"},
        ),
        x(whole(minimum=5), **{"$schema": "http://json-schema.org/draft-04/schema#"}),
        "x",
    ),
    JsonPair("multiple of a part", x(whole(multipleOf=5)), x(whole(multipleOf=10)), None),
    JsonPair("multiple of more", x(whole(multipleOf=10)), x(whole(multipleOf=5)), "x"),
    JsonPair("multiple from now on", x(whole(multipleOf=5)), x(INT), "x"),
    JsonPair("longer", x(text(maxLength=9)), x(text(maxLength=5)), None),
    JsonPair("shorter", x(text(maxLength=5)), x(text(maxLength=9)), "x"),
    JsonPair("no longer any length", x(text(maxLength=5)), x(TEXT), "x"),
    JsonPair("not so short", x(text(minLength=5)), x(text(minLength=1)), "x"),
    JsonPair("pattern from now on", x(text(pattern="^a")), x(TEXT), "x"),
    JsonPair("pattern no more", x(TEXT), x(text(pattern="^a")), None),
    JsonPair("another pattern", x(text(pattern="^a")), x(text(pattern="^b")), "x"),
    JsonPair("items wider", x(listed(NUMBER)), x(listed(INT)), None),
    JsonPair("items narrower", x(listed(INT)), x(listed(NUMBER)), "x[]"),
    JsonPair("any items", x(listed()), x(listed(NUMBER)), None),
    JsonPair("no longer any items", x(listed(NUMBER)), x(listed()), "x[]"),
    JsonPair("fewer items", x(listed(INT, maxItems=3)), x(listed(INT)), "x"),
    JsonPair("any number of items", x(listed(INT)), x(listed(INT, minItems=3)), None),
    JsonPair("items once each", x(listed(INT, uniqueItems=True)), x(listed(INT)), "x"),
    JsonPair("inside: wider", x(of({"a": NUMBER})), x(of({"a": INT})), None),
    JsonPair("inside: narrower", x(of({"a": INT})), x(of({"a": NUMBER})), "x.a"),
    JsonPair("inside: required", x(of({"a": INT}, "a")), x(of({"a": INT})), "x.a"),
    JsonPair(
        "inside: one more",
        x(of({"a": INT, "b": INT}, closed=False)),
        x(of({"a": INT}, closed=False)),
        None,
    ),
    JsonPair("inside of items", x(listed(of({"a": INT}))), x(listed(of({"a": TEXT}))), "x[].a"),
    JsonPair("by name", x(REFERS, definitions={"money": INT}), x(INT), None),
    JsonPair(
        "by name: wider",
        x(REFERS, definitions={"money": NUMBER}),
        x(REFERS, definitions={"money": INT}),
        None,
    ),
    JsonPair(
        "by name: narrower",
        x(REFERS, definitions={"money": INT}),
        x(REFERS, definitions={"money": NUMBER}),
        "x",
    ),
    JsonPair("inside itself: wider", WIDE_TREE, TREE, None),
    JsonPair("inside itself: narrower", TREE, WIDE_TREE, "v"),
    JsonPair("fewer properties", x(INT, minProperties=1), x(INT), ""),
    JsonPair("anything to integer", x(INT), x({}), "x"),
    JsonPair("integer to anything", x({}), x(INT), None),
    JsonPair("documentation alone", x(whole(description="n"), title="New"), x(INT), None),
    JsonPair("a default alone", x(whole(default=1)), x(INT), None),
    # Here Apicurio 3.0.9 says another thing. It takes no longer list of types, nor the same
    # types as a list:
    JsonPair("may be null", x({"type": ["null", "integer"]}), x(INT), None, False),
    JsonPair("oneOf null", x(one_of(NULL, INT)), x(INT), None, False),
    JsonPair("more types", x({"type": ["integer", "string"]}), x(INT), None, False),
    JsonPair("oneOf to list", x(one_of(NULL, INT)), x({"type": ["null", "integer"]}), None, False),
    # It takes nothing new in an open schema, not even what may be anything:
    JsonPair("open: anything more", of({"x": INT, "y": {}}), x(INT), None, False),
    # It does not look at const, nor at what makes another column of it:
    JsonPair("another const", x({"const": "a"}), x({"const": "b"}), "x", True),
    JsonPair("const to enum", x({"enum": ["a", "b"]}), x({"const": "a"}), None, False),
    JsonPair("string to date", x(text(format="date")), x(TEXT), "x", True),
    JsonPair("time to date", x(text(format="date")), x(text(format="date-time")), "x", True),
    JsonPair(
        "int64 to int32",
        x(whole(**{"connect.type": "int32"})),
        x(whole(**{"connect.type": "int64"})),
        "x",
        True,
    ),
    JsonPair("date to string", x(TEXT), x(text(format="date")), None),
    JsonPair("date to time", x(text(format="date-time")), x(text(format="date")), "x"),
)
