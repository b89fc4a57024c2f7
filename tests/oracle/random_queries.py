"""Streaming queries made up at random over the relations of the recordings.

They are meant to be such as people write, and such as they should not: aggregates, windows,
grouping sets, pivots, joins of every type with and without bounds, unions, set operations,
subqueries, limits and watermarks on the way, nested three deep. The same seed
gives the same queries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from random_parts import BOUNDS, GAPS, JOINS, TABLES, WINDOWS, Chance, Columns, Made
from random_shapes import SHAPES

SINKS = ("console", "csv", "json", "orc", "parquet", "text")


class Generator:
    """Makes queries; every choice comes from one seeded source of chance."""

    def __init__(self, seed: int) -> None:
        self._chance = Chance(seed)

    def query(self) -> str:
        """Return one query, at most three levels deep."""
        return self.made().sql

    def made(self) -> Made:
        """Return one query, and its columns."""
        self._chance.begin()
        made = self._query(self._chance.one((1, 1, 2, 2, 3)))
        if self._chance.maybe(0.06):
            return Made(f"{made.sql} LIMIT 5", made.columns)
        if self._chance.maybe(0.04):
            return Made(f"{made.sql} ORDER BY 1", made.columns)
        return made

    def keys(self, columns: Columns) -> tuple[str, ...]:
        """Return the keys of a ``dedup`` over these columns; mostly there is none."""
        wanted = self._chance.maybe(0.15)
        return tuple(self._chance.some(columns, 1, 2)) if wanted and columns else ()

    def sink(self) -> str:
        """Return the format that a query writes; mostly one that takes everything."""
        return str(self._chance.one(SINKS)) if self._chance.maybe(0.15) else "noop"

    # What there is to choose from

    def _query(self, depth: int) -> Made:
        kinds: list[tuple[int, Callable[[int], Made]]] = [
            (4, self._projection),
            (6, self._aggregate),
            (5, self._join),
            (2, self._set_operation),
            (1, self._filtered_by_subquery),
            (1, self._lateral),
            (1, self._ranked),
            (1, self._pivoted),
            (1, self._unpivoted),
            (1, self._with_itself),
        ]
        for weight, shape in SHAPES:
            kinds.append((weight, partial(shape, self._chance, self._relation)))
        made = self._chance.weighed(kinds)(depth)
        if depth > 1 and self._chance.maybe(0.1):
            name = self._chance.name("c")
            return Made(f"WITH {name} AS ({made.sql}) SELECT * FROM {name}", made.columns)
        return made

    def _relation(self, depth: int, streaming: bool = False) -> Made:
        """Return a relation as it stands in FROM, without an alias."""
        if depth > 0 and self._chance.maybe(0.6):
            made = self._query(depth)
            limit = " LIMIT 5" if self._chance.maybe(0.05) else ""
            return Made(f"({made.sql}{limit})", made.columns)
        names = ["events", "clicks", "clicks2", "events_nw"] * 2 + ["clicks_nw", "dim"]
        if streaming:
            names.remove("dim")
        name = self._chance.one(names)
        if name.endswith("_nw") and self._chance.maybe(0.4):
            return Made(f"{name} WATERMARK ts DELAY OF INTERVAL 5 MINUTES", TABLES[name])
        return Made(name, TABLES[name])

    # Kinds of queries

    def _projection(self, depth: int) -> Made:
        source, alias = self._relation(depth - 1), self._chance.name("t")
        columns: dict[str, str] = {}
        items = []
        for name in self._chance.some(source.columns, 2, 4):
            expression, kind = self._expression(f"{alias}.{name}", source.columns[name])
            out = name if self._chance.maybe(0.8) else self._chance.name("x")
            columns[out] = kind
            items.append(f"{expression} AS {out}" if expression != f"{alias}.{out}" else expression)
        distinct = "DISTINCT " if self._chance.maybe(0.12) else ""
        sql = f"SELECT {distinct}{', '.join(items)} FROM {source.sql} AS {alias}"
        return Made(sql + self._where(alias, source.columns), columns)

    def _aggregate(self, depth: int) -> Made:
        source, alias = self._relation(depth - 1), self._chance.name("t")
        keys: dict[str, tuple[str, str]] = {}
        times = [n for n, k in source.columns.items() if k == "timestamp"]
        windows = [n for n, k in source.columns.items() if k == "window"]
        if times and self._chance.maybe(0.6):
            keys[self._chance.name("w")] = (
                self._window(f"{alias}.{self._chance.one(times)}"),
                "window",
            )
        elif windows and self._chance.maybe(0.7):
            name = self._chance.one(windows)
            again = f"window({alias}.{name}, '1 hour')"
            plain = f"{alias}.{name}"
            keys[self._chance.name("w")] = (self._chance.one((plain, plain, again)), "window")
        elif times and self._chance.maybe(0.2):
            name = self._chance.one(times)
            keys[name] = (f"{alias}.{name}", "timestamp")
        for name in self._chance.some(source.columns, 0, 2):
            if source.columns[name] in ("string", "double", "bigint") and name not in keys:
                keys[name] = (f"{alias}.{name}", source.columns[name])
        columns = {name: kind for name, (_, kind) in keys.items()}
        items = [f"{e} AS {n}" for n, (e, _) in keys.items()]
        for _ in range(self._chance.one((1, 1, 2))):
            expression, kind = self._aggregation(alias, source.columns)
            name = self._chance.name("a")
            columns[name] = kind
            items.append(f"{expression} AS {name}")
        sql = f"SELECT {', '.join(items)} FROM {source.sql} AS {alias}"
        sql += self._where(alias, source.columns)
        if keys:
            sql += " GROUP BY " + self._grouping([e for e, _ in keys.values()])
        if self._chance.maybe(0.1):
            sql += " HAVING count(*) > 0"
        return Made(sql, columns)

    def _join(self, depth: int) -> Made:
        left, right = self._relation(depth - 1), self._relation(depth - 1)
        a, b = self._chance.name("l"), self._chance.name("r")
        how = self._chance.one((*JOINS[:4], *JOINS))
        conditions = []
        shared = [
            (x, y)
            for x, k in left.columns.items()
            for y, q in right.columns.items()
            if k == q == "string" and (x == y or y in ("k", "id"))
        ]
        if shared and self._chance.maybe(0.9):
            x, y = self._chance.one(shared)
            conditions.append(f"{a}.{x} = {b}.{y}")
        bound = self._bound(a, left.columns, b, right.columns)
        in_where = ""
        if bound and self._chance.maybe(0.65):
            if self._chance.maybe(0.85):
                conditions.append(bound)
            elif "SEMI" not in how and "ANTI" not in how:
                in_where = f" WHERE {bound}"
        on = "" if how == "CROSS JOIN" else f" ON {' AND '.join(conditions) or 'true'}"
        if shared and shared[0][0] == shared[0][1] and self._chance.maybe(0.08):
            on = f" USING ({shared[0][0]})"
        sides = [(a, left.columns)]
        if "SEMI" not in how and "ANTI" not in how:
            sides.append((b, right.columns))
        columns: dict[str, str] = {}
        items = []
        for alias, side in sides:
            for name in self._chance.some(side, 1, 3):
                out = name if name not in columns else self._chance.name("x")
                columns[out] = side[name]
                items.append(f"{alias}.{name} AS {out}")
        relations = f"{left.sql} AS {a} {how} {right.sql} AS {b}{on}"
        return Made(f"SELECT {', '.join(items)} FROM {relations}{in_where}", columns)

    def _set_operation(self, depth: int) -> Made:
        left, right = self._relation(depth - 1), self._relation(depth - 1)
        pairs = [
            (x, y)
            for x, k in left.columns.items()
            for y, q in right.columns.items()
            if k == q and (x == y or self._chance.maybe(0.1)) and k != "window"
        ]
        chosen: dict[str, str] = {}
        for x, y in pairs:
            if y not in chosen.values():
                chosen.setdefault(x, y)
        if not chosen:
            return self._projection(depth)
        kept = list(chosen.items())[: self._chance.one((1, 2, 4))]
        how = self._chance.one(("UNION ALL",) * 5 + ("UNION", "EXCEPT", "INTERSECT"))
        ours = ", ".join(x for x, _ in kept)
        theirs = ", ".join(y for _, y in kept)
        first, second = self._chance.name("t"), self._chance.name("t")
        sql = (
            f"SELECT {ours} FROM {left.sql} AS {first} {how} "
            f"SELECT {theirs} FROM {right.sql} AS {second}"
        )
        return Made(f"SELECT * FROM ({sql})", {x: left.columns[x] for x, _ in kept})

    def _pivoted(self, depth: int) -> Made:
        source, alias = self._relation(depth - 1), self._chance.name("t")
        texts = [n for n, k in source.columns.items() if k == "string"]
        if not texts:
            return self._projection(depth)
        by = self._chance.one(texts)
        over = self._chance.one([n for n in source.columns if n != by] or [by])
        rest = [n for n in self._chance.some(source.columns, 0, 2) if n not in (by, over)]
        kind = source.columns[over]
        how = "max" if kind in ("string", "timestamp") else "count"
        if kind in ("double", "bigint"):
            how = self._chance.one(("sum", "max", "count"))
        made = "bigint" if how == "count" else kind
        columns = {n: source.columns[n] for n in rest} | {"u1": made, "u2": made}
        inner = ", ".join(f"{alias}.{n}" for n in (*rest, by, over))
        sql = (
            f"SELECT {', '.join(columns)} FROM (SELECT {inner} FROM {source.sql} AS {alias}) "
            f"PIVOT ({how}({over}) FOR {by} IN ('u1', 'u2'))"
        )
        return Made(sql, columns)

    def _unpivoted(self, depth: int) -> Made:
        source, alias = self._relation(depth - 1), self._chance.name("t")
        texts = [n for n, k in source.columns.items() if k == "string"]
        if not texts:
            return self._projection(depth)
        turned = texts[:2]
        rest = [n for n in self._chance.some(source.columns, 0, 3) if n not in turned]
        value, name = self._chance.name("v"), self._chance.name("n")
        inner = ", ".join(f"{alias}.{n}" for n in (*rest, *turned))
        columns = {n: source.columns[n] for n in rest} | {name: "string", value: "string"}
        sql = (
            f"SELECT {', '.join(columns)} FROM (SELECT {inner} FROM {source.sql} AS {alias}) "
            f"UNPIVOT ({value} FOR {name} IN ({', '.join(turned)}))"
        )
        return Made(sql, columns)

    def _with_itself(self, depth: int) -> Made:
        made, name = (
            self._query(depth - 1) if depth > 1 else self._projection(1),
            self._chance.name("c"),
        )
        texts = [n for n, k in made.columns.items() if k == "string"]
        times = [n for n, k in made.columns.items() if k in ("timestamp", "window")]
        if not texts:
            return made
        on = f"a.{texts[0]} = b.{texts[0]}" + (f" AND a.{times[0]} = b.{times[0]}" if times else "")
        how = self._chance.one(JOINS[:3])
        items = ", ".join(f"a.{n} AS {n}" for n in made.columns)
        sql = (
            f"WITH {name} AS ({made.sql}) SELECT {items} FROM {name} AS a {how} {name} AS b ON {on}"
        )
        return Made(sql, dict(made.columns))

    def _filtered_by_subquery(self, depth: int) -> Made:
        source, other = self._relation(depth - 1), self._relation(0)
        alias = self._chance.name("t")
        texts = [n for n, k in source.columns.items() if k == "string"]
        theirs = [n for n, k in other.columns.items() if k == "string"]
        if not texts:
            return self._projection(depth)
        x, y = self._chance.one(texts), self._chance.one(theirs)
        condition = self._chance.one(
            (
                f"{alias}.{x} IN (SELECT {y} FROM {other.sql})",
                f"{alias}.{x} NOT IN (SELECT {y} FROM {other.sql})",
                f"EXISTS (SELECT 1 FROM {other.sql} AS s WHERE s.{y} = {alias}.{x})",
                f"NOT EXISTS (SELECT 1 FROM {other.sql} AS s WHERE s.{y} = {alias}.{x})",
                f"{alias}.{x} = (SELECT max({y}) FROM {other.sql})",
            )
        )
        items = ", ".join(f"{alias}.{n} AS {n}" for n in source.columns)
        sql = f"SELECT {items} FROM {source.sql} AS {alias} WHERE {condition}"
        return Made(sql, dict(source.columns))

    def _lateral(self, depth: int) -> Made:
        source, alias = self._relation(depth - 1), self._chance.name("t")
        arrays = [n for n, k in source.columns.items() if k == "array"]
        what = f"{alias}.{self._chance.one(arrays)}" if arrays else "array(1, 2)"
        out = self._chance.name("e")
        kept = [n for n in source.columns if n not in arrays][:3]
        items = ", ".join((*(f"{alias}.{n} AS {n}" for n in kept), f"v.{out} AS {out}"))
        sql = f"SELECT {items} FROM {source.sql} AS {alias} LATERAL VIEW explode({what}) v AS {out}"
        return Made(sql, {**{n: source.columns[n] for n in kept}, out: "int"})

    def _ranked(self, depth: int) -> Made:
        source, alias = self._relation(depth - 1, streaming=True), self._chance.name("t")
        by = self._chance.one(list(source.columns))
        ranked = f"row_number() OVER (PARTITION BY {alias}.{by} ORDER BY {alias}.{by})"
        name = self._chance.name("n")
        sql = f"SELECT {alias}.{by} AS {by}, {ranked} AS {name} FROM {source.sql} AS {alias}"
        return Made(sql, {by: source.columns[by], name: "int"})

    # Parts of queries

    def _expression(self, column: str, kind: str) -> tuple[str, str]:
        if self._chance.maybe(0.7):
            return column, kind
        match kind:
            case "string":
                return f"upper({column})", "string"
            case "double":
                return f"{column} * 2", "double"
            case "bigint":
                return f"{column} + 1", "bigint"
            case "timestamp":
                lost = (f"date_trunc('hour', {column})", f"{column} + INTERVAL 1 MINUTE")
                return self._chance.one(lost), "timestamp"
            case "window":
                return f"window_time({column})", "timestamp"
            case _:
                return column, kind

    def _where(self, alias: str, columns: Columns) -> str:
        if not self._chance.maybe(0.3):
            return ""
        name = self._chance.one(list(columns))
        column = f"{alias}.{name}"
        condition = {
            "string": f"{column} <> 'u9'",
            "double": f"{column} > 1",
            "bigint": f"{column} > 0",
            "timestamp": f"{column} > TIMESTAMP '2020-01-01 00:00:00'",
            "window": f"{column}.start > TIMESTAMP '2020-01-01 00:00:00'",
        }.get(columns[name], f"{column} IS NOT NULL")
        return f" WHERE {condition}"

    def _window(self, column: str) -> str:
        if self._chance.maybe(0.2):
            return f"session_window({column}, {self._chance.one(GAPS)})"
        return f"window({column}, {self._chance.one(WINDOWS)})"

    def _grouping(self, keys: list[str]) -> str:
        first, *rest = keys
        if self._chance.maybe(0.88):
            return ", ".join(keys)
        if rest and self._chance.maybe(0.5):
            return f"GROUPING SETS (({', '.join(keys)}), ({first}))"
        return f"{self._chance.one(('ROLLUP', 'CUBE'))} ({', '.join(keys)})"

    def _aggregation(self, alias: str, columns: Columns) -> tuple[str, str]:
        name = self._chance.one(list(columns))
        column, kind = f"{alias}.{name}", columns[name]
        if kind in ("array", "window", "int") or self._chance.maybe(0.4):
            return "count(*)", "bigint"
        if self._chance.maybe(0.1):
            return f"count(DISTINCT {column})", "bigint"
        if kind in ("double", "bigint"):
            return f"sum({column})", kind
        how = self._chance.one(("max", "min", "first", "approx_count_distinct"))
        return f"{how}({column})", "bigint" if how.startswith("approx") else kind

    def _bound(self, a: str, left: Columns, b: str, right: Columns) -> str | None:
        ours = [n for n, k in left.items() if k == "timestamp"]
        theirs = [n for n, k in right.items() if k == "timestamp"]
        if not ours or not theirs:
            windows = [n for n, k in left.items() if k == "window" and right.get(n) == "window"]
            return f"{a}.{windows[0]} = {b}.{windows[0]}" if windows else None
        return self._chance.one(BOUNDS).format(
            l=f"{a}.{self._chance.one(ours)}", r=f"{b}.{self._chance.one(theirs)}"
        )
