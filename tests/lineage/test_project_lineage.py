"""Lineage across a project: through views, topics and tables, up and down."""

from __future__ import annotations

from lineage_cases import compiled

from streamsql.lineage import ProjectLineage, described_readers, project_lineage
from streamsql.lineage.mermaid import edges_above, edges_below, flowchart

MODELS = {
    "stg": """
SELECT order_id, upper(currency) AS currency, amount, customer, ordered_at
FROM {{ source('s', 'orders') }} WHERE amount > 0
""",
    "stored": """
{{ config(materialized='topic', connection='kafka', topic='stored', key=['currency']) }}
SELECT order_id, currency, amount * 2 AS doubled, customer, struct(currency AS c, amount AS a) AS s
FROM {{ ref('stg') }}
""",
    "between": "SELECT doubled + 1 AS more, s.a AS a, customer.address.city AS city, currency "
    "FROM {{ ref('stored') }} WHERE order_id > 3",
    "joined": """
{{ config(materialized='sink', connector='console') }}
SELECT b.more, b.city, b.a, r.rate FROM {{ ref('between') }} AS b
JOIN {{ ref('rates') }} AS r ON r.currency = b.currency
""",
    "counted": """
{{ config(materialized='sink', connector='console', output_mode='complete') }}
SELECT count(*) AS n FROM {{ ref('between') }}
""",
}


def lineage() -> ProjectLineage:
    return project_lineage(compiled(MODELS))


def test_origins_go_through_topics_to_the_sources() -> None:
    found = lineage()
    assert _told(found.origins("joined", "more")) == ["s.orders.amount transformation"]
    assert _told(found.origins("joined", "city")) == ["s.orders.customer.Address.city identity"]
    assert _told(found.origins("joined", "a")) == ["s.orders.amount identity"]
    assert _told(found.origins("joined", "rate")) == ["rates.rate identity"]
    assert found.origins("counted", "n") == ()


def test_origins_of_a_query_end_at_the_topics_it_reads() -> None:
    found = lineage()
    assert _told(found.origins("joined", "more", queries=True)) == ["stored.doubled transformation"]
    assert _told(found.origins("joined", "a", queries=True)) == ["stored.s.a identity"]
    assert found.inputs("joined") == ("rates", "stored")
    assert found.inputs("stored") == ("s.orders",)
    assert found.inputs("counted") == ("stored",)


def test_rows_of_views_are_chosen_for_their_readers_too() -> None:
    found = lineage()
    assert [tuple(u) for u in found.rows("counted")] == []
    assert [tuple(u) for u in found.row_origins("counted", queries=True)] == [
        ("stored", "order_id", "filtered")
    ]
    assert [tuple(u) for u in found.row_origins("joined")] == [
        ("s.orders", "amount", "filtered"),
        ("s.orders", "order_id", "filtered"),
        ("rates", "currency", "joined"),
        ("s.orders", "Currency", "joined"),
    ]


def test_a_field_of_a_column_has_origins_of_its_own() -> None:
    found = lineage()
    assert _told(found.uses("stored", "s.A")) == ["stg.amount identity"]
    assert _told(found.uses("stored", "customer.id")) == ["stg.customer.id identity"]


def test_what_is_made_of_a_field() -> None:
    found = lineage()
    readers = described_readers(found, "s.orders", "amount")
    assert [(c["node"], c["column"]) for c in readers["columns"]] == [
        ("stg", "amount"),
        ("stored", "doubled"),
        ("stored", "s.a"),
        ("between", "more"),
        ("between", "a"),
        ("joined", "more"),
        ("joined", "a"),
    ]
    assert {"node": "stg", "how": "filtered_by"} in readers["rows"]
    city = described_readers(found, "s.orders", "customer.address.city")
    assert ("joined", "city") in [(c["node"], c["column"]) for c in city["columns"]]
    other = described_readers(found, "s.orders", "customer.id")
    assert ("joined", "city") not in [(c["node"], c["column"]) for c in other["columns"]]


def test_flowcharts_hold_each_column_once() -> None:
    found = lineage()
    above = flowchart(edges_above(found, "joined", ["more"]))
    assert above.splitlines()[0] == "flowchart LR"
    assert above.count('["doubled"]') == 1
    assert above.count("-.->") == 2
    below = edges_below(found, "s.orders", ["amount"])
    assert (("between", "more"), ("joined", "more"), 0) in below


def test_long_chains_need_no_recursion() -> None:
    models = {"m0": "SELECT amount FROM {{ source('s', 'orders') }}"}
    models |= {f"m{n}": f"SELECT amount FROM {{{{ ref('m{n - 1}') }}}}" for n in range(1, 1200)}
    found = project_lineage(compiled(models))
    assert _told(found.origins("m1199", "amount")) == ["s.orders.amount identity"]


def _told(uses: object) -> list[str]:
    return [f"{u.node}.{u.path} {u.how.name.lower()}" for u in uses]  # type: ignore[attr-defined]
