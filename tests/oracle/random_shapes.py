"""More shapes of made-up queries: each a function of chance, of what is read, and of the depth."""

from __future__ import annotations

from collections.abc import Callable

from random_parts import BOUNDS, JOINS, TABLES, Chance, Columns, Made

Relations = Callable[[int], Made]
"""What stands in FROM, without an alias, at most so deep."""

_SOURCES = ("events", "clicks", "clicks2", "events_nw", "clicks_nw")
_PLAIN = ("string", "double", "bigint")
_GENERATORS = (
    "LATERAL VIEW explode({0}) v AS {1}",
    "LATERAL VIEW OUTER explode({0}) v AS {1}",
    "LATERAL VIEW posexplode({0}) v AS p, {1}",
    "LATERAL VIEW inline(array(struct(1 AS a))) v AS {1}",
    ", LATERAL explode({0}) AS v({1})",
    ", LATERAL (SELECT max(name) FROM dim WHERE k = {2}) AS v({1})",
    ", LATERAL (SELECT count(*) FROM clicks) AS v({1})",
)


def _of(columns: Columns, *kinds: str) -> list[str]:
    return [name for name, kind in columns.items() if kind in kinds]


def piped(chance: Chance, relation: Relations, depth: int) -> Made:
    """``FROM … |> … |> …``."""
    source, alias = relation(depth - 1), chance.name("t")
    columns = dict(source.columns)
    steps = [f"FROM {source.sql} AS {alias}"]
    for _ in range(chance.one((1, 2, 2, 3))):
        step, columns = _step(chance, columns)
        steps.append(step)
    kept = {name: kind for name, kind in columns.items() if chance.maybe(0.8)} or columns
    steps.append(f"SELECT {', '.join(kept)}")
    return Made(f"SELECT * FROM ({' |> '.join(steps)})", kept)


def _step(chance: Chance, columns: dict[str, str]) -> tuple[str, dict[str, str]]:
    times, texts = _of(columns, "timestamp"), _of(columns, "string")
    match chance.one(("where", "extend", "set", "drop", "aggregate", "aggregate", "join", "end")):
        case "set" if times or texts:
            what = chance.one(times or texts)
            kept = {**columns, what: columns[what]}
            same = f"SET {what} = {what}"
            return chance.one((same, f"{same} + INTERVAL 1 MINUTE" if times else same)), kept
        case "drop" if len(columns) > 1:
            gone = chance.one(list(columns))
            return f"DROP {gone}", {n: k for n, k in columns.items() if n != gone}
        case "where" if texts:
            return f"WHERE {chance.one(texts)} <> 'u9'", columns
        case "extend":
            name = chance.name("e")
            return f"EXTEND 1 + 1 AS {name}", {**columns, name: "int"}
        case "aggregate":
            key, kind = chance.name("k"), "window"
            grouped = f"window({chance.one(times)}, '10 minutes')" if times else None
            if grouped is None or chance.maybe(0.3):
                grouped, kind = (chance.one(texts), "string") if texts else ("1", "int")
            total = chance.name("n")
            made = {key: kind, total: "bigint"}
            return f"AGGREGATE count(*) AS {total} GROUP BY {grouped} AS {key}", made
        case "join" if texts:
            how = chance.one(("JOIN", "LEFT JOIN", "LEFT SEMI JOIN"))
            return f"{how} dim ON {chance.one(texts)} = dim.k", (
                columns if "SEMI" in how else {**columns, "k": "string", "name": "string"}
            )
    rest = ("LIMIT 5", "ORDER BY 1", "OFFSET 1", "TABLESAMPLE (50 PERCENT)", "UNION ALL")
    end = chance.one(rest)
    if end == "UNION ALL":
        end = f"UNION ALL (SELECT {', '.join(_nulls(columns))} FROM {chance.one(_SOURCES)})"
    return end, columns


def _nulls(columns: Columns) -> list[str]:
    types = {"window": "struct<start:timestamp,end:timestamp>", "array": "array<int>"}
    return [f"CAST(NULL AS {types.get(k, k)}) AS {n}" for n, k in columns.items()]


def looked_up(chance: Chance, relation: Relations, depth: int) -> Made:
    """A stream and a static side, joined either way round, with each type of join."""
    source, alias = relation(depth - 1), chance.name("t")
    texts = _of(source.columns, "string")
    if not texts:
        return source_of(chance)
    static = chance.one(
        (
            "dim",
            "(SELECT * FROM dim WHERE vf > 1)",
            "(SELECT k, max(name) AS name, count(DISTINCT vf) AS vf FROM dim GROUP BY k)",
            "(SELECT DISTINCT k, name, vf FROM dim)",
            "(SELECT k, name, vf FROM dim ORDER BY vf LIMIT 1)",
            "(VALUES ('u1', 'Ann', 1.5D)) AS v(k, name, vf)",
            "(SELECT k, name, vf, row_number() OVER (ORDER BY vf) AS r FROM dim)",
        )
    )
    static = static if " AS v(" in static else f"{static} AS v"
    stream, how = f"{source.sql} AS {alias}", chance.one(JOINS)
    on = "" if how == "CROSS JOIN" else f" ON {alias}.{chance.one(texts)} = v.k"
    turned = chance.maybe(0.5)
    sides = f"{static} {how} {stream}" if turned else f"{stream} {how} {static}"
    one_sided = "SEMI" in how or "ANTI" in how
    if one_sided and turned:
        return Made(f"SELECT v.k, v.name FROM {sides}{on}", {"k": "string", "name": "string"})
    columns = dict(source.columns)
    items = [f"{alias}.{name} AS {name}" for name in columns]
    if not one_sided:
        name = chance.name("d")
        columns[name] = "string"
        items.append(f"v.name AS {name}")
    return Made(f"SELECT {', '.join(items)} FROM {sides}{on}", columns)


def source_of(chance: Chance) -> Made:
    """All of one stream."""
    name = chance.one(_SOURCES)
    return Made(f"SELECT * FROM {name} AS {chance.name('t')}", TABLES[name])


def of_three(chance: Chance, relation: Relations, depth: int) -> Made:
    """A UNION of three, which may have different watermarks, and one over all."""
    names = [chance.one((*_SOURCES, "events", "clicks")) for _ in range(3)]
    time = chance.one(("ts", "ts", "ts", "CAST(ts AS TIMESTAMP) AS ts"))
    parts = [f"SELECT id, {'ts' if n else time}, amount FROM {s}" for n, s in enumerate(names)]
    how = chance.one(("UNION ALL", "UNION ALL", "UNION ALL", "UNION"))
    sql, alias = f" {how} ".join(parts), chance.name("t")
    columns = {"id": "string", "ts": "timestamp", "amount": "double"}
    # Above a distinct UNION Spark neither refuses a second watermark nor ever writes a row.
    if how == "UNION ALL" and chance.maybe(0.4):
        marked = f"({sql}) WATERMARK ts DELAY OF INTERVAL 10 MINUTES AS {alias}"
        return Made(f"SELECT id, ts, amount FROM {marked}", columns)
    return Made(f"SELECT id, ts, amount FROM ({sql}) AS {alias}", columns)


def turned_to_rows(chance: Chance, relation: Relations, depth: int) -> Made:
    """Generators and lateral subqueries."""
    source, alias, out = relation(depth - 1), chance.name("t"), chance.name("e")
    arrays, texts = _of(source.columns, "array"), _of(source.columns, "string")
    what = f"{alias}.{chance.one(arrays)}" if arrays else "array(1, 2)"
    key = f"{alias}.{chance.one(texts)}" if texts else "'u1'"
    made = chance.one(_GENERATORS).format(what, out, key)
    kept = [name for name in source.columns if name not in arrays][:3]
    items = ", ".join((*(f"{alias}.{name} AS {name}" for name in kept), f"v.{out} AS {out}"))
    sql = f"SELECT {items} FROM {source.sql} AS {alias}"
    sql += made if made.startswith(",") else f" {made}"
    return Made(sql, {**{n: source.columns[n] for n in kept}, out: "int"})


def measured(chance: Chance, relation: Relations, depth: int) -> Made:
    """An aggregation with FILTER, HAVING, GROUP BY ALL or places, windows over windows."""
    source, alias = relation(depth - 1), chance.name("t")
    times, windows = _of(source.columns, "timestamp"), _of(source.columns, "window")
    keys = [f"{alias}.{n}" for n in chance.some(source.columns, 0, 1) if n not in windows]
    names = {k: source.columns[k.partition(".")[2]] for k in keys}
    if any(kind == "array" for kind in names.values()):
        keys, names = [], {}
    if windows and chance.maybe(0.8):
        one = f"{alias}.{chance.one(windows)}"
        keys.append(chance.one((f"window(window_time({one}), '1 hour')", one, f"{one}.start")))
    elif times:
        one = f"{alias}.{chance.one(times)}"
        forms = ("window({0}, '10 minutes')",) * 4 + (
            "session_window({0}, '5 minutes')",
            "window({0}, '1 hour', '20 minutes', '5 minutes')",
            "date_trunc('hour', {0})",
            "window({0} + INTERVAL 1 MINUTE, '10 minutes')",
            "window(coalesce({0}, current_timestamp()), '10 minutes')",
        )
        keys.append(chance.one(forms).format(one))
    numbers = _of(source.columns, "double", "bigint")
    what = f"{alias}.{chance.one(numbers)}" if numbers else "1"
    totals = {
        "n": f"count(*) FILTER (WHERE {what} > 1)",
        "m": chance.one(
            (
                f"sum({what})",
                f"avg({what})",
                f"approx_count_distinct({what})",
                f"max_by({what}, {what})",
                f"collect_list({what})",
                f"percentile_approx({what}, 0.5)",
                f"sum(DISTINCT {what})",
                f"count_if({what} > 1)",
            )
        ),
    }
    columns: dict[str, str] = {}
    items: list[str] = []
    for key in keys:
        name = chance.name("k")
        kind = names.get(key, "timestamp" if key.endswith((".start", ")")) else "window")
        columns[name] = "window" if key.startswith(("window(", "session_")) else kind
        items.append(f"{key} AS {name}")
    for total in totals.values():
        name = chance.name("a")
        columns[name] = "bigint" if total.startswith("count") else "other"
        items.append(f"{total} AS {name}")
    grouped = chance.one(
        (", ".join(keys), ", ".join(keys), "ALL", ", ".join(map(str, range(1, len(keys) + 1))))
    )
    sql = f"SELECT {', '.join(items)} FROM {source.sql} AS {alias}"
    sql += f" GROUP BY {grouped}" if keys else ""
    sql += chance.one(("", "", f" HAVING count(*) > 1 AND max({what}) > 0"))
    sql += " ORDER BY 1" if chance.maybe(0.06) else ""
    return Made(sql, columns)


def closed(chance: Chance, relation: Relations, depth: int) -> Made:
    """ORDER BY, SORT BY, LIMIT, OFFSET, TABLESAMPLE and QUALIFY, and their harmless neighbours."""
    source, alias = relation(depth - 1), chance.name("t")
    first = next(iter(source.columns))
    end = chance.one(
        (
            f"ORDER BY {first}",
            f"SORT BY {first}",
            f"DISTRIBUTE BY {first}",
            f"CLUSTER BY {first}",
            "LIMIT 3",
            "LIMIT ALL",
            "LIMIT 3 OFFSET 1",
            "OFFSET 0",
            f"QUALIFY row_number() OVER (PARTITION BY {first} ORDER BY {first}) = 1",
        )
    )
    sample = chance.one(("", "", "", " TABLESAMPLE (10 PERCENT)", " TABLESAMPLE (5 ROWS)"))
    items = ", ".join(f"{alias}.{name} AS {name}" for name in source.columns)
    hint = chance.one(("", "", "/*+ BROADCAST(x) */ ", "/*+ REPARTITION(3) */ "))
    sql = f"SELECT {hint}{items} FROM {source.sql}{sample} AS {alias} {end}"
    return Made(sql, source.columns)


def asked(chance: Chance, relation: Relations, depth: int) -> Made:
    """Scalar subqueries, and conditions on static rows."""
    source, alias = relation(depth - 1), chance.name("t")
    texts = _of(source.columns, "string")
    key = f"{alias}.{chance.one(texts)}" if texts else "'u1'"
    other = chance.one(("dim", "dim", "dim", "clicks"))
    column = "k" if other == "dim" else "user"
    name = chance.name("q")
    items = ", ".join(f"{alias}.{n} AS {n}" for n in source.columns)
    scalar = chance.one(
        (
            f"(SELECT max({column}) FROM {other})",
            f"(SELECT max({column}) FROM {other} WHERE {column} = {key})",
            f"CASE WHEN {key} IN (SELECT {column} FROM {other}) THEN 'a' ELSE 'b' END",
            f"(SELECT {column} FROM {other} ORDER BY 1 LIMIT 1)",
        )
    )
    where = chance.one(
        (
            "",
            f" WHERE {key} IN (SELECT {column} FROM {other} WHERE {column} <> 'u9')",
            f" WHERE EXISTS (SELECT 1 FROM {other} AS o WHERE o.{column} = {key})",
            f" WHERE {key} NOT IN ('a', 'b') OR {key} IS NULL",
        )
    )
    sql = f"SELECT {items}, {scalar} AS {name} FROM {source.sql} AS {alias}{where}"
    return Made(sql, {**source.columns, name: "string"})


def chained(chance: Chance, relation: Relations, depth: int) -> Made:
    """Rows made distinct, then counted, then joined with another stream."""
    one, other = chance.one(_SOURCES), chance.one(_SOURCES)
    how = chance.one((*JOINS[:5], "JOIN"))
    bound = chance.one(("AND a.w = b.w", "AND a.w = b.w", ""))
    distinct = chance.one(("SELECT DISTINCT id, ts", "SELECT id, ts"))
    counted = (
        f"SELECT id, window(ts, '10 minutes') AS w, count(*) AS n FROM ({distinct} FROM {one}) "
        f"AS d GROUP BY id, window(ts, '10 minutes')"
    )
    right = f"SELECT id, window(ts, '10 minutes') AS w FROM {other}"
    sql = f"SELECT a.id, a.w, a.n FROM ({counted}) AS a {how} ({right}) AS b ON a.id = b.id {bound}"
    return Made(sql, {"id": "string", "w": "window", "n": "bigint"})


def beside(chance: Chance, relation: Relations, depth: int) -> Made:
    """Streams with a comma or CROSS JOIN between them, and what joins them in WHERE."""
    one, other = chance.one(_SOURCES), chance.one((*_SOURCES, "dim"))
    comma = chance.one((",", " CROSS JOIN", " JOIN"))
    key = "b.k" if other == "dim" else "b.id"
    conditions = [f"a.id = {key}"] if chance.maybe(0.8) else ["a.amount > 1"]
    if other != "dim" and chance.maybe(0.5):
        conditions.append(chance.one(BOUNDS).format(l="a.ts", r="b.ts"))
    sql = f"SELECT a.id, a.ts, a.amount FROM {one} AS a{comma} {other} AS b"
    return Made(
        f"{sql} WHERE {' AND '.join(conditions)}",
        {"id": "string", "ts": "timestamp", "amount": "double"},
    )


def unread(chance: Chance, relation: Relations, depth: int) -> Made:
    """A WITH of which nothing is read."""
    made, source, name = relation(depth), source_of(chance), chance.name("u")
    items = ", ".join(source.columns)
    cte = f"{name} AS (SELECT * FROM {made.sql} AS {chance.name('t')})"
    return Made(
        f"WITH {cte} SELECT {items} FROM ({source.sql}) AS {chance.name('t')}", source.columns
    )


def subtracted(chance: Chance, relation: Relations, depth: int) -> Made:
    """Set operations with a static side, ALL and not."""
    how = chance.one(("EXCEPT", "EXCEPT ALL", "INTERSECT", "INTERSECT ALL", "MINUS", "UNION ALL"))
    sides = [f"SELECT user AS id FROM {chance.one(_SOURCES)}", "SELECT k FROM dim"]
    if chance.maybe(0.3):
        sides.reverse()
    if chance.maybe(0.2):
        sides[1] = "VALUES ('u1'), ('u2')"
    return Made(f"SELECT * FROM ({sides[0]} {how} {sides[1]}) AS s(id)", {"id": "string"})


Shape = Callable[[Chance, Relations, int], Made]
SHAPES: tuple[tuple[int, Shape], ...] = (
    (3, piped),
    (3, looked_up),
    (2, of_three),
    (1, turned_to_rows),
    (3, measured),
    (2, closed),
    (2, asked),
    (2, chained),
    (2, beside),
    (1, unread),
    (1, subtracted),
)
