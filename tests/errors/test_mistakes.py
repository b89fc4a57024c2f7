"""The mistakes of a first day: each edit of a sound project is found once, where it was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from error_project import LARGE_ORDERS, SHOP, write_project

from streamsql.cli import cli

YML, STG, BIG = "models/shop.yml", "models/stg_orders.sql", "models/large_orders.sql"
TOML, PROFILES, MACRO, CSV = (
    "streamsql.toml",
    "profiles.yml",
    "macros/money.sql",
    "seeds/rates.csv",
)
Edit = tuple[str, str, str, str]  # file, what stands there, what is typed, what is found

EDITS: dict[str, Edit] = {
    "a typo in ref": (BIG, "ref('stg_orders')", "ref('stg_order')", f"{BIG}:3:9 unknown-ref"),
    "a typo in source": (STG, "'orders')", "'ordrs')", f"{STG}:2:9 unknown-source"),
    "a table instead of ref": (
        BIG,
        "{{ ref('stg_orders') }}",
        "stg_orders",
        f"{BIG}:3:6 unknown-relation",
    ),
    "a column that is not there": (
        BIG,
        "WHERE amount",
        "WHERE amuont",
        f"{BIG}:4:7 unknown-column",
    ),
    "a missing comma": (STG, "order_id, upper", "order_id upper", f"{STG}:1:22 sql-syntax"),
    "a comma too many": (STG, "ordered_at\n", "ordered_at,\n", f"{STG}:1:65 sql-syntax"),
    "a missing parenthesis": (STG, "(currency)", "(currency", f"{STG}:1:33 sql-syntax"),
    "an open quote": (BIG, "> 100", "> '100", f"{BIG}:4:16 sql-syntax"),
    "a misspelt FROM": (STG, "FROM", "FORM", f"{STG}:2:6 sql-syntax"),
    "an INSERT": (STG, "SELECT", "INSERT INTO x SELECT", f"{STG}:1:1 sql-syntax"),
    "no SQL": (BIG, LARGE_ORDERS, "-- later\n", f"{BIG}:1:1 sql-syntax"),
    "a model that reads itself": (BIG, "stg_orders", "large_orders", f"{BIG}:3:9 cycle"),
    "a macro that is not there": (BIG, "> 100", "> {{ cent(1) }}", f"{BIG}:4:19 unknown-macro"),
    "a variable that is not there": (BIG, "> 100", "> {{ limit }}", f"{BIG}:4:19 unknown-variable"),
    "an open block": (BIG, "WHERE", "{% if execute %}WHERE", f"{BIG}:4:17 jinja-syntax"),
    "a single = in a condition": (
        BIG,
        "WHERE",
        "{% if execute = 1 %}WHERE",
        f"{BIG}:4:15 jinja-syntax",
    ),
    "a broken macro": (MACRO, "{% endmacro %}", "", f"{MACRO}:1:38 jinja-syntax"),
    "a misspelt setting": (BIG, "materialized", "materialised", f"{BIG}:1:24 unknown-key"),
    "a word of dbt's": (BIG, "'topic', t", "'incremental', t", f"{BIG}:1:24 unknown-value"),
    "a key that is no column": (
        BIG,
        "key='currency'",
        "key='curency'",
        f"{BIG}:1:64 unknown-key-column",
    ),
    "an interval as trigger": (
        BIG,
        "key='currency'",
        "trigger='10 seconds'",
        f"{BIG}:1:68 unknown-value",
    ),
    "a connection that is not there": (
        BIG,
        "key='currency'",
        "connection='kafak'",
        f"{BIG}:1:71 unknown-connection",
    ),
    "a tab in YAML": (YML, "    connection", "\tconnection", f"{YML}:3:1 yaml-syntax"),
    "a missing colon": (YML, "on_error: drop", "on_error drop", f"{YML}:8:9 yaml-syntax"),
    "a key that is not there": (YML, "on_error", "onerror", f"{YML}:7:9 unknown-key"),
    "a format that is not there": (
        YML,
        "on_error: drop",
        "format: jsn",
        f"{YML}:7:17 unknown-format",
    ),
    "a type of another database": (YML, "bigint", "int64", f"{YML}:10:41 bad-data-type"),
    "a watermark on a string": (
        YML,
        "column: ordered_at",
        "column: currency",
        f"{YML}:8:29 watermark-not-timestamp",
    ),
    "a watermark on no column": (
        YML,
        "column: ordered_at",
        "column: orderd_at",
        f"{YML}:8:29 unknown-column",
    ),
    "a delay without a unit": (YML, "10 minutes", "10 minuts", f"{YML}:8:48 bad-interval"),
    "a description of no model": (YML, "stg_orders,", "stg_order,", f"{YML}:15:12 unknown-model"),
    "a short row in a seed": (CSV, "USD,0.91", "USD", f"{CSV}:3:1 bad-seed"),
    "an open string in TOML": (TOML, '"shop"', '"shop', f"{TOML}:1:13 toml-syntax"),
    "a misspelt setting in TOML": (
        TOML,
        'name = "shop"',
        'name = "shop"\nprofle = "x"',
        f"{TOML}:2:1 unknown-key",
    ),
    "a misspelt key in the profile": (
        PROFILES,
        "checkpoints:",
        "checkpoint:",
        f"{PROFILES}:6:7 unknown-key",
    ),
}
FOLLOW = {"unknown-source": {"a tab in YAML", "a missing colon"}}  # of a file that was not read


def place(finding: dict[str, Any]) -> str:
    return f"{finding['path']}:{finding['line']}:{finding['column']}"


def errors(folder: Path) -> list[dict[str, Any]]:
    done = CliRunner().invoke(cli, ["lint", "--format", "json", "--project-dir", str(folder)])
    assert done.exit_code == 1, done.output
    return [found for found in json.loads(done.stdout) if found["severity"] == "error"]


def test_the_project_is_sound(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    done = CliRunner().invoke(cli, ["lint", "--project-dir", str(project)])
    assert done.exit_code == 0, done.output
    assert "nothing to complain about" in done.output


@pytest.mark.parametrize("name", EDITS)
def test_mistake(name: str, tmp_path: Path) -> None:
    path, old, new, expected = EDITS[name]
    assert old in SHOP[path]
    found = errors(write_project(tmp_path, {path: SHOP[path].replace(old, new, 1)}))
    told = [f"{place(f)} {f['rule']}" for f in found if name not in FOLLOW.get(f["rule"], ())]
    assert told == [expected]


def test_two_files_of_one_name(tmp_path: Path) -> None:
    (found,) = errors(write_project(tmp_path, {"models/more/stg_orders.sql": SHOP[STG]}))
    assert found["rule"] == "duplicate-name"
    assert "models/more/stg_orders.sql" in found["hint"] + place(found)


HINTS = {
    "a typo in ref": "'stg_orders'",
    "a typo in source": "did you mean 'shop.orders'?",
    "a table instead of ref": "{{ ref('stg_orders') }}",
    "a column that is not there": "did you mean 'amount'",
    "a macro that is not there": "did you mean 'cents'?",
    "a misspelt setting": "did you mean 'materialized'?",
    "a word of dbt's": "use 'table'",
    "a key that is no column": "did you mean 'currency'?",
    "an interval as trigger": "{processing_time: 10 seconds}",
    "a tab in YAML": "not tabs",
    "a format that is not there": "did you mean 'json'?",
    "a type of another database": "Spark calls it bigint",
    "a watermark on no column": "did you mean 'ordered_at'",
    "a misspelt setting in TOML": "did you mean 'profile'?",
    "a misspelt key in the profile": "did you mean 'checkpoints'?",
}


@pytest.mark.parametrize("name", HINTS)
def test_hint(name: str, tmp_path: Path) -> None:
    path, old, new, _ = EDITS[name]
    found = errors(write_project(tmp_path, {path: SHOP[path].replace(old, new, 1)}))
    assert any(HINTS[name] in (f["hint"] or "") for f in found), found
