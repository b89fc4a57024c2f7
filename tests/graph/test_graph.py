from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from streamsql.errors import UsageError
from streamsql.findings import Location
from streamsql.graph import Graph, build_graph, select
from streamsql.project.nodes import (
    Model,
    ModelConfig,
    Project,
    Seed,
    Settings,
    Source,
    SparkSettings,
    Target,
)
from streamsql.render.rendered import Reference, RenderedModel, SourceMap

HERE = Location("streamsql.toml")


def _model(path: str) -> Model:
    name = path.rpartition("/")[2].removesuffix(".sql")
    return Model(name, path, "", "", (), {}, {}, Location(path))


def _source(name: str, tags: tuple[str, ...] = ()) -> Source:
    group, table = name.split(".")
    return Source(
        source_name=group,
        name=table,
        connection="kafka",
        topic=name,
        topic_pattern=None,
        format="json",
        format_options={},
        columns=(),
        watermark=None,
        on_error="drop",
        dead_letter=None,
        options={},
        description="",
        tags=tags,
        location=Location("models/sources.yml", 3),
    )


def _project(models: Sequence[Model], sources: Sequence[Source], seeds: Sequence[Seed]) -> Project:
    return Project(
        settings=Settings("shop", "shop", ("models",), (), (), (), {}, HERE),
        target=Target("shop", "dev", SparkSettings("local[*]", "4.1.1", {}), "", "", {}, {}, HERE),
        sources=tuple(sources),
        models=tuple(models),
        seeds=tuple(seeds),
        macros=(),
        docs=(),
        env={},
    )


def _rendered(model: Model, reads: Sequence[str], config: ModelConfig) -> RenderedModel:
    references = tuple(
        Reference(
            "source" if "." in name else "ref",
            name,
            name,
            name,
            Location(model.path, line, 8),
        )
        for line, name in enumerate(reads, start=1)
    )
    return RenderedModel(model, "", references, config, SourceMap(()))


def graph_of(
    models: Mapping[str, Sequence[str]],
    configs: Mapping[str, ModelConfig] | None = None,
    unrendered: Sequence[str] = (),
) -> Graph:
    """Build the graph of models given by path and by what they read."""
    nodes = {path: _model(path) for path in models}
    sources = sorted({name for reads in models.values() for name in reads if "." in name})
    seed = Seed("rates", "seeds/rates.csv", (), (), "", ("static",), Location("seeds/rates.csv"))
    rendered = [
        _rendered(nodes[path], reads, (configs or {}).get(nodes[path].name, ModelConfig()))
        for path, reads in models.items()
        if nodes[path].name not in unrendered
    ]
    project = _project(tuple(nodes.values()), [_source(n) for n in sources], [seed])
    return build_graph(project, rendered)


SHOP = graph_of(
    {
        "models/marts/revenue.sql": ["stg_orders", "rates"],
        "models/marts/daily/paid_orders.sql": ["stg_orders", "stg_payments"],
        "models/staging/stg_orders.sql": ["shop.orders"],
        "models/staging/stg_payments.sql": ["shop.payments"],
        "models/marts/archive.sql": ["paid_orders"],
    },
    {
        "revenue": ModelConfig(materialized="topic", tags=("hourly", "money"), key=("currency",)),
        "paid_orders": ModelConfig(materialized="topic", tags=("money",)),
        "archive": ModelConfig(materialized="table", change_feed=True, meta={"owner": "bi"}),
    },
)


def test_every_node_comes_after_what_it_reads() -> None:
    for node, parents in SHOP.parents.items():
        for parent in parents:
            assert SHOP.order.index(parent) < SHOP.order.index(node)
    assert set(SHOP.order) == set(SHOP.nodes)
    assert SHOP.children["stg_orders"] == ("revenue", "paid_orders")


def test_reading_twice_is_one_edge() -> None:
    graph = graph_of({"models/a.sql": ["shop.orders", "shop.orders"]})
    assert graph.parents["a"] == ("shop.orders",)
    assert graph.children["shop.orders"] == ("a",)


def test_cycle_is_found_once_with_its_whole_path_at_one_of_its_refs() -> None:
    graph = graph_of(
        {
            "models/c.sql": ["shop.orders", "b"],
            "models/b.sql": ["a"],
            "models/a.sql": ["c"],
            "models/below.sql": ["b"],
            "models/apart.sql": ["shop.orders"],
        }
    )
    (finding,) = graph.findings
    assert finding.rule == "cycle"
    assert "a → c → b → a" in finding.message
    assert str(finding.location) == "models/a.sql:1:8"
    assert graph.cyclic == {"a", "b", "c"}
    assert graph.order.index("apart") < graph.order.index("a")
    assert set(graph.order) == set(graph.nodes)


def test_model_that_reads_itself() -> None:
    (finding,) = graph_of({"models/a.sql": ["a"]}).findings
    assert "a → a" in finding.message


def test_two_cycles_are_two_findings() -> None:
    graph = graph_of(
        {
            "models/a.sql": ["b"],
            "models/b.sql": ["a"],
            "models/x.sql": ["y", "a"],
            "models/y.sql": ["x"],
        }
    )
    assert [f.message.rpartition(": ")[2] for f in graph.findings] == ["a → b → a", "x → y → x"]


def test_model_that_did_not_render_is_still_a_node() -> None:
    graph = graph_of({"models/a.sql": [], "models/b.sql": ["a"]}, unrendered=["a"])
    assert graph.nodes["a"].config is None
    assert graph.parents["b"] == ("a",)
    assert select(graph, ["config.materialized:view"]) == ("b",)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("revenue", {"revenue"}),
        ("rates", {"rates"}),
        ("+revenue", {"revenue", "stg_orders", "shop.orders", "rates"}),
        ("1+revenue", {"revenue", "stg_orders", "rates"}),
        ("stg_orders+", {"stg_orders", "revenue", "paid_orders", "archive"}),
        ("stg_orders+1", {"stg_orders", "revenue", "paid_orders"}),
        ("1+paid_orders+1", {"paid_orders", "stg_orders", "stg_payments", "archive"}),
        ("+revenue+", {"revenue", "stg_orders", "shop.orders", "rates"}),
        (
            "@paid_orders",
            {
                "paid_orders",
                "archive",
                "stg_orders",
                "stg_payments",
                "shop.orders",
                "shop.payments",
            },
        ),
        ("@revenue", {"revenue", "stg_orders", "shop.orders", "rates"}),
        ("tag:money", {"revenue", "paid_orders"}),
        ("tag:mon*", {"revenue", "paid_orders"}),
        ("tag:static", {"rates"}),
        ("path:models/marts", {"revenue", "paid_orders", "archive"}),
        ("path:models/marts/daily/", {"paid_orders"}),
        ("models/staging", {"stg_orders", "stg_payments"}),
        ("./models/marts/revenue.sql", {"revenue"}),
        ("models/*/stg_*.sql", {"stg_orders", "stg_payments"}),
        ("marts", {"revenue", "paid_orders", "archive"}),
        ("marts.daily", {"paid_orders"}),
        ("marts.daily.paid_orders", {"paid_orders"}),
        ("stg_*", {"stg_orders", "stg_payments"}),
        ("config.materialized:topic", {"revenue", "paid_orders"}),
        ("config.change_feed:true", {"archive"}),
        ("config.key:currency", {"revenue"}),
        ("config.meta.owner:bi", {"archive"}),
        ("source:shop.orders", {"shop.orders"}),
        ("source:shop", {"shop.orders", "shop.payments"}),
        ("source:shop.payments+1", {"shop.payments", "stg_payments"}),
        ("resource_type:source", {"shop.orders", "shop.payments"}),
        ("revenue archive", {"revenue", "archive"}),
        ("tag:money,tag:hourly", {"revenue"}),
        ("+archive,stg_*", {"stg_orders", "stg_payments"}),
    ],
)
def test_selecting(selector: str, expected: set[str]) -> None:
    assert set(select(SHOP, [selector])) == expected


def test_selection_keeps_the_order_of_the_graph_and_leaves_out_what_is_excluded() -> None:
    chosen = select(SHOP, ["archive", "+paid_orders"], ["source:shop stg_payments"])
    assert chosen == ("stg_orders", "paid_orders", "archive")
    assert select(SHOP) == SHOP.order
    assert "rates" not in select(SHOP, (), ["rates"])


@pytest.mark.parametrize(
    ("selector", "message", "hint"),
    [
        ("revenu", "matches nothing", "did you mean 'revenue'?"),
        ("tag:hurly", "matches nothing", "did you mean 'hourly'?"),
        ("source:shop.order", "matches nothing", "did you mean 'shop.orders'?"),
        ("path:models/mart", "matches nothing", None),
        ("shop.orders", "matches nothing", "select it with source:shop.orders"),
        ("tags:hourly", "unknown selector method 'tags:'", "did you mean 'tag'?"),
        ("config:topic", "unknown selector method 'config:'", "config.<key>"),
        ("tag:money,archive", "no node matches all", None),
        ("++revenue", "is not a selector", "tag:"),
        ("@+", "is not a selector", "tag:"),
    ],
)
def test_selecting_nothing_is_a_usage_error(selector: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as raised:
        select(SHOP, [selector])
    assert message in raised.value.message
    assert hint is None or hint in (raised.value.hint or "")


def test_excluding_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="matches nothing"):
        select(SHOP, (), ["revenu"])
