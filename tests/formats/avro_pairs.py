"""Pairs of Avro schemas, and whether records of the second can be read with the first."""

from __future__ import annotations

from typing import Any, NamedTuple


class Pair(NamedTuple):
    """``field`` is where the reader's schema says no; None if it can read what is written."""

    name: str
    reader: Any
    writer: Any
    field: str | None


def record(*fields: Any, name: str = "Order", **more: Any) -> dict[str, Any]:
    """A record of fields, each a name and a type, and a default if there is a third."""
    listed = [
        {"name": f[0], "type": f[1], **({"default": f[2]} if len(f) > 2 else {})}
        if isinstance(f, tuple)
        else f
        for f in fields
    ]
    return {"type": "record", "name": name, "fields": listed, **more}


def of(kind: Any) -> dict[str, Any]:
    """A record whose one field ``x`` has this type."""
    return record(("x", kind))


def enum(*symbols: str, name: str = "Status", **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(size: int, name: str = "Hash") -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def values(kind: Any) -> dict[str, Any]:
    return {"type": "map", "values": kind}


MICROS = {"type": "long", "logicalType": "timestamp-micros"}
DATE = {"type": "int", "logicalType": "date"}
TREE = record(("v", "int"), ("next", ["null", "Order"], None))
WIDE_TREE = record(("v", "long"), ("next", ["null", "Order"], None))
WORDY_TREE = record(("v", "string"), ("next", ["null", "Order"], None))

PAIRS = (
    Pair("same", of("int"), of("int"), None),
    Pair("int to long", of("long"), of("int"), None),
    Pair("int to float", of("float"), of("int"), None),
    Pair("int to double", of("double"), of("int"), None),
    Pair("long to float", of("float"), of("long"), None),
    Pair("long to double", of("double"), of("long"), None),
    Pair("float to double", of("double"), of("float"), None),
    Pair("string to bytes", of("bytes"), of("string"), None),
    Pair("bytes to string", of("string"), of("bytes"), None),
    Pair("long to int", of("int"), of("long"), "x"),
    Pair("double to float", of("float"), of("double"), "x"),
    Pair("double to long", of("long"), of("double"), "x"),
    Pair("int to string", of("string"), of("int"), "x"),
    Pair("string to int", of("int"), of("string"), "x"),
    Pair("boolean to int", of("int"), of("boolean"), "x"),
    Pair("bytes to fixed", of(fixed(4)), of("bytes"), "x"),
    Pair("new field with default", record(("x", "int"), ("y", "int", 0)), of("int"), None),
    Pair("new field without default", record(("x", "int"), ("y", "int")), of("int"), "y"),
    Pair(
        "new field that may be null, without default",
        record(("x", "int"), ("y", ["null", "int"])),
        of("int"),
        "y",
    ),
    Pair("field gone", of("int"), record(("x", "int"), ("y", "int")), None),
    Pair("field renamed", record(("y", "int")), of("int"), "y"),
    Pair(
        "field renamed with an alias",
        record({"name": "y", "type": "int", "aliases": ["x"]}),
        of("int"),
        None,
    ),
    Pair(
        "fields in another order",
        record(("a", "int"), ("b", "int")),
        record(("b", "int"), ("a", "int")),
        None,
    ),
    Pair("may be null from now on", of(["null", "int"]), of("int"), None),
    Pair("may be null no more", of("int"), of(["null", "int"]), "x"),
    Pair("null first or last", of(["null", "int"]), of(["int", "null"]), None),
    Pair("null and wider", of(["null", "long"]), of(["null", "int"]), None),
    Pair("union grows", of(["null", "int", "string"]), of(["null", "int"]), None),
    Pair("union shrinks", of(["null", "int"]), of(["null", "int", "string"]), "x"),
    Pair("union of int read as long", of("long"), of(["int", "long"]), None),
    Pair("union without its type", of(["null", "string"]), of("boolean"), "x"),
    Pair("enum grows", of(enum("A", "B", "C")), of(enum("A", "B")), None),
    Pair("enum shrinks", of(enum("A", "B")), of(enum("A", "B", "C")), "x"),
    Pair("enum shrinks, with a default", of(enum("A", "B", default="A")), of(enum("A", "C")), None),
    Pair("enum in another order", of(enum("B", "A")), of(enum("A", "B")), None),
    Pair("enum renamed", of(enum("A", name="State")), of(enum("A")), "x"),
    Pair("enum to string", of("string"), of(enum("A")), "x"),
    Pair("string to enum", of(enum("A")), of("string"), "x"),
    Pair("fixed of another size", of(fixed(8)), of(fixed(4)), "x"),
    Pair("fixed of another name", of(fixed(4, "Sum")), of(fixed(4)), "x"),
    Pair("items wider", of(array("long")), of(array("int")), None),
    Pair("items narrower", of(array("int")), of(array("long")), "x[]"),
    Pair("values wider", of(values("double")), of(values("float")), None),
    Pair("values of another type", of(values("int")), of(values("string")), "x[]"),
    Pair("array to map", of(values("int")), of(array("int")), "x"),
    Pair(
        "record inside: field with default",
        of(record(("a", "int"), ("b", "string", ""), name="Inner")),
        of(record(("a", "int"), name="Inner")),
        None,
    ),
    Pair(
        "record inside: field without default",
        of(record(("a", "int"), ("b", "string"), name="Inner")),
        of(record(("a", "int"), name="Inner")),
        "x.b",
    ),
    Pair(
        "record inside that may be null",
        of(["null", record(("a", "int"), ("b", "string"), name="Inner")]),
        of(["null", record(("a", "int"), name="Inner")]),
        "x.b",
    ),
    Pair(
        "record inside renamed",
        of(record(("a", "int"), name="Other")),
        of(record(("a", "int"), name="Inner")),
        "x",
    ),
    Pair(
        "records in arrays",
        of(array(record(("a", "int"), ("b", "int"), name="Inner"))),
        of(array(record(("a", "int"), name="Inner"))),
        "x[].b",
    ),
    Pair("record inside itself, wider", WIDE_TREE, TREE, None),
    Pair("record inside itself, of another type", WORDY_TREE, TREE, "v"),
    Pair("record renamed", record(("x", "int"), name="Purchase"), of("int"), ""),
    Pair("time is a number too", of("long"), of(MICROS), None),
    Pair("a number for a time", of(MICROS), of("long"), None),
    Pair("date to time", of(MICROS), of(DATE), None),
    Pair("documentation alone", record(("x", "int"), doc="Orders."), of("int"), None),
    Pair(
        "same namespace",
        record(("x", "int"), namespace="shop"),
        record(("x", "int"), namespace="shop"),
        None,
    ),
    Pair(
        "a type used twice",
        record(("a", enum("A", "B")), ("b", "Status")),
        record(("a", enum("A", "B")), ("b", "Status")),
        None,
    ),
    Pair(
        "a type used twice, and shrunk",
        record(("a", "int"), ("b", enum("A"))),
        record(("a", "int"), ("b", enum("A", "B"))),
        "b",
    ),
)
