from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Shop = Callable[..., Path]
Invoke = Callable[..., Result]

BROKEN = {
    "models/marts/revenue.sql": lambda sql: sql.replace("sum(amount)", "sum(amuont)"),
    "models/marts/late.sql": "SELECT order_id\nFROM {{ source('shop', 'order') }}\n",
    "models/marts/reader.sql": "SELECT * FROM {{ ref('late') }}\n",
}

GOLDEN = Path(__file__).parent / "lint_golden.txt"
JSON_GOLDEN = Path(__file__).parent / "lint_golden.json"


def test_sound_project(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lint", "--project-dir", shop())
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert result.stderr == "nothing to complain about in 2 models\n"


def test_findings_of_every_stage_are_printed_with_place_line_and_hint(
    shop: Shop, invoke: Invoke
) -> None:
    result = invoke("lint", "--project-dir", shop(BROKEN))
    assert result.exit_code == 1
    assert result.stdout == GOLDEN.read_text(encoding="utf-8")
    assert result.stderr == "2 errors, 1 note in 4 models\n"


def test_json_is_a_public_interface(shop: Shop, invoke: Invoke) -> None:
    printed = invoke("lint", "--format", "json", "--project-dir", shop(BROKEN)).stdout
    if os.environ.get("UPDATE_GOLDEN"):
        JSON_GOLDEN.write_text(printed, encoding="utf-8")
    assert printed == JSON_GOLDEN.read_text(encoding="utf-8")


def test_selection_keeps_the_findings_of_the_selected_models(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lint", "--format", "json", "-s", "revenue", "--project-dir", shop(BROKEN))
    findings = json.loads(result.stdout)
    assert {f["model"] for f in findings} == {"revenue"}
    assert result.exit_code == 1
    sound = invoke("lint", "-s", "stg_orders", "--project-dir", shop(BROKEN))
    assert sound.exit_code == 0


def test_warnings_fail_only_when_asked_to(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/plain.sql": "SELECT order_id FROM {{ ref('stg_orders') }}\n"})
    assert invoke("lint", "--project-dir", root).exit_code == 0
    failing = invoke("lint", "--fail-on", "warning", "--project-dir", root)
    assert failing.exit_code == 1
    assert "[missing-description]" in failing.stdout
    assert failing.stderr == "1 warning in 3 models\n"


def test_every_format_is_only_itself_on_stdout(shop: Shop, invoke: Invoke) -> None:
    root = shop(BROKEN)
    found = json.loads(invoke("lint", "--format", "json", "--project-dir", root).stdout)
    log = json.loads(invoke("lint", "--format", "sarif", "--project-dir", root).stdout)
    commands = invoke("lint", "--format", "github", "--project-dir", root).stdout.splitlines()
    assert len(found) == len(log["runs"][0]["results"]) == len(commands)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in commands)


def test_quiet_says_nothing_of_a_sound_project(shop: Shop, invoke: Invoke) -> None:
    result = invoke("lint", "-q", "--project-dir", shop())
    assert result.output == ""


def test_settings_that_cannot_be_read_are_findings(shop: Shop, invoke: Invoke) -> None:
    root = shop({"streamsql.toml": 'name = "shop\n'})
    result = invoke("lint", "--format", "json", "--project-dir", root)
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["path"] == "streamsql.toml"


def test_broken_profiles_are_findings(shop: Shop, invoke: Invoke) -> None:
    root = shop({"profiles.yml": "shop: {target: dev, outputs: {dev: {sprak: {}}}}\n"})
    result = invoke("lint", "--project-dir", root)
    assert result.exit_code == 1
    assert "profiles.yml:1:" in result.stdout
    assert "did you mean 'spark'?" in result.stdout
