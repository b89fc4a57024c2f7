"""What a sound project is read as."""

from __future__ import annotations

from dataclasses import replace

from project_texts import files, load, told

from streamsql.project import load_project
from streamsql.project.editor import SCHEMAS_FOLDER, editor_schemas, write_schemas
from streamsql.project.nodes import DeadLetter, Dedup, Trigger, Watermark

YAML = """\
    version: 2
    sources:
      - name: shop
        connection: kafka
        tags: [raw]
        options: {maxOffsetsPerTrigger: 1000, startingOffsets: latest}
        tables:
          - name: orders
            topic: "{{ target.name }}.orders"
            description: "{{ doc('orders') }}"
            watermark: {column: at, delay: 10 minutes}
            options: {startingOffsets: earliest, failOnDataLoss: true}
            tags: fast
            columns:
              - {name: id, data_type: LONG, data_tests: [not_null]}
              - {name: at, data_type: timestamp, description: when}
              - {name: sum, data_type: "decimal(10, 2)", meta: {unit: EUR}}
          - {name: views, topic_pattern: "views-.*", on_error: fail, format: raw}
    models:
      - name: late
        description: of late
        tags: [top]
        config:
          materialized: topic
          tags: [inner]
          trigger: {processing_time: 10 seconds}
          watermark: {column: at, delay: 1 hour, }
          dedup: {keys: id, within: 1 day}
          headers: {source: name}
          meta: {owner: us}
        columns: [{name: id, data_type: integer}]
    """
SETTINGS = """\
name = "shop"
profile = "shop"
vars = {currency = "EUR"}

[models]
tags = ["all"]

[models.marts]
tags = ["mart"]
meta = {team = "x"}

[models.marts.deep]
materialized = "topic"
"""
DOCS = "intro\n{% docs orders %}\n Orders of the shop.\n{% enddocs %}\n"


def test_sources() -> None:
    project = load({"models/shop.yml": YAML, "models/late.sql": "", "models/doc.md": DOCS})
    assert project.findings == ()
    orders, views = project.sources
    assert (orders.topic, orders.description) == ("dev.orders", "Orders of the shop.")
    assert orders.options == {
        "maxOffsetsPerTrigger": "1000",
        "startingOffsets": "earliest",
        "failOnDataLoss": "true",
    }
    assert orders.tags == ("raw", "fast")
    assert [(c.name, c.data_type, c.not_null) for c in orders.columns] == [
        ("id", "bigint", True),
        ("at", "timestamp", False),
        ("sum", "decimal(10,2)", False),
    ]
    assert orders.columns[2].meta == {"unit": "EUR"}
    assert isinstance(orders.watermark, Watermark)
    assert (orders.watermark.column, orders.watermark.max_ahead) == ("at", "1 day")
    assert str(orders.watermark.location) == "models/shop.yml:11:29"
    assert orders.dead_letter == DeadLetter("dev.orders.dead_letter", "kafka")
    assert (views.topic_pattern, views.format, views.dead_letter) == ("views-.*", "raw", None)
    assert str(orders.location) == "models/shop.yml:8:15"


def test_models() -> None:
    project = load(
        {"models/shop.yml": YAML, "models/marts/deep/late.sql": "SELECT 1", "models/doc.md": DOCS},
        settings=SETTINGS,
    )
    assert project.findings == ()
    (late,) = project.models
    given = late.yaml_config
    assert given["tags"] == ("all", "mart", "top", "inner")
    assert given["meta"] == {"team": "x", "owner": "us"}
    assert given["trigger"] == Trigger("processing_time", "10 seconds")
    assert given["dedup"] == Dedup(("id",), "1 day")
    assert str(late.config_locations["materialized"]) == "models/shop.yml:24:21"
    assert late.columns[0].data_type == "int"
    assert str(late.yaml_location) == "models/shop.yml:20:11"


def test_yaml_anchors_and_merge_keys() -> None:
    text = """\
        sources:
          - name: s
            tables:
              - &first {name: a, topic: a, tags: &t [x]}
              - {<<: *first, name: b}
        """
    sources = load({"models/s.yml": text}).sources
    assert [(s.name, s.topic, s.tags) for s in sources] == [("a", "a", ("x",)), ("b", "a", ("x",))]


def test_folder_defaults_report_unknown_keys_and_folders() -> None:
    settings = SETTINGS + "materialised = 1\n[models.mart]\ntags = 'x'\n"
    project = load({"models/marts/deep/a.sql": ""}, settings=settings)
    assert told(project.findings) == [
        "streamsql.toml:14:1 unknown-key",
        "streamsql.toml:15:2 unknown-key",
    ]
    hints = [str(f.hint) for f in project.findings]
    assert hints[0] == "did you mean 'materialized'?"
    assert hints[1].startswith("did you mean 'marts'")


def test_settings_in_pyproject() -> None:
    given = files({"pyproject.toml": '[tool.streamsql]\nname = "shop"\nmodle-paths = ["m"]\n'})
    texts = {"pyproject.toml": given.texts["pyproject.toml"]}
    project = load_project(replace(given, texts=texts))
    assert project.settings.name == "shop"
    assert told(project.findings) == ["pyproject.toml:3:1 unknown-key"]


def test_names_are_shared_by_models_and_seeds_whatever_their_case() -> None:
    project = load(
        {
            "models/a/x.sql": "",
            "models/b/X.sql": "",
            "models/my-model.sql": "",
            "models/ref__y.sql": "",
            "seeds/x.csv": "a\n1\n",
        }
    )
    assert told(project.findings) == [
        "models/b/X.sql:1:1 duplicate-name",
        "models/my-model.sql:1:1 bad-name",
        "models/ref__y.sql:1:1 bad-name",
        "seeds/x.csv:1:1 duplicate-name",
    ]
    assert [m.path for m in project.models] == ["models/a/x.sql"]


def test_relations_that_would_collide_are_refused() -> None:
    text = """\
        sources:
          - {name: a, tables: [{name: b__c, topic: x}]}
          - {name: a__b, tables: [{name: c, topic: y}]}
        """
    assert told(load({"models/s.yml": text}).findings) == ["models/s.yml:3:34 duplicate-name"]


def test_docs_blocks() -> None:
    project = load({"models/d.md": DOCS + "{% docs orders %}{% enddocs %}\n {% docs open %}"})
    assert told(project.findings) == [
        "models/d.md:5:1 duplicate-name",
        "models/d.md:6:2 docs-syntax",
    ]


def test_every_column_keeps_its_place_in_unicode_text() -> None:
    text = 'sources: [{name: s, description: "größe 🚀", tables: [{name: t, topic: ü, x: 1}]}]\n'
    (finding,) = load({"models/s.yml": text}).findings
    assert finding.location.column == text.index("x: 1") + 1


def test_the_schemas_of_the_package_are_up_to_date(update_schemas: bool) -> None:
    if update_schemas:
        write_schemas()
    for name, text in editor_schemas().items():
        assert (SCHEMAS_FOLDER / name).read_text("utf-8") == text, "STREAMSQL_UPDATE_SCHEMAS=1"
