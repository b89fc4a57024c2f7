from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
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


def test_what_fails_is_the_projects_to_say(shop: Shop, invoke: Invoke) -> None:
    plain = {"models/plain.sql": "SELECT order_id FROM {{ ref('stg_orders') }}\n"}
    root = shop({**plain, "streamsql.toml": lambda text: text + "lint.fail-on = 'warning'\n"})
    assert invoke("lint", "--project-dir", root).exit_code == 1
    assert invoke("lint", "--fail-on", "error", "--project-dir", root).exit_code == 0
    noted = '[lint.rules]\nmissing-description = "info"\n'
    root = shop({**plain, "streamsql.toml": lambda text: text + noted})
    assert invoke("lint", "--fail-on", "warning", "--project-dir", root).exit_code == 0
    assert invoke("lint", "--fail-on", "info", "--project-dir", root).exit_code == 1


def test_a_baseline_is_written_and_heard(shop: Shop, invoke: Invoke) -> None:
    root = shop({**BROKEN, "models/plain.sql": "SELECT 1 AS one\n"})
    written = invoke("lint", "--write-baseline", "--project-dir", root)
    assert written.exit_code == 0, written.output
    assert written.stdout == ""
    assert "lint-baseline.json holds " in written.stderr
    assert "2 errors cannot be part of it" in written.stderr
    found = json.loads(invoke("lint", "--format", "json", "--project-dir", root).stdout)
    assert {f["severity"] for f in found} == {"error"}
    again = invoke("lint", "-s", "plain", "--fail-on", "info", "--project-dir", root)
    assert again.exit_code == 0, again.output


def test_a_baseline_outside_of_the_project_is_refused(shop: Shop, invoke: Invoke) -> None:
    root = shop({"streamsql.toml": lambda text: text + "lint.baseline = '../x.json'\n"})
    written = invoke("lint", "--write-baseline", "--project-dir", root)
    assert written.exit_code == 2
    assert "outside of the project" in written.stderr
    assert not (root.parent / "x.json").exists()


def test_a_rule_is_explained_anywhere(tmp_path: Path, invoke: Invoke) -> None:
    page = invoke("lint", "--explain", "unknown-column", "--project-dir", tmp_path)
    assert page.exit_code == 0, page.output
    assert page.stdout.startswith("unknown-column (error, always)\n\nA column, or a field")
    assert "Bad:\n\n    -- models/orders.sql" in page.stdout
    wrong = invoke("lint", "--explain", "unknown-colum", "--project-dir", tmp_path)
    assert wrong.exit_code == 2
    assert "did you mean 'unknown-column'" in wrong.stderr


def test_rules_are_listed_with_those_of_the_project(shop: Shop, invoke: Invoke) -> None:
    rule = (
        "from streamsql.checks import Severity, model_rule\n\n\n"
        "@model_rule(Severity.ERROR)\n"
        "def house_rule(model):\n"
        '    """A rule of the house."""\n'
        "    yield from ()\n"
    )
    on = "lint.project-rules = true\n"
    root = shop({"lint/house.py": rule, "streamsql.toml": lambda text: text + on})
    listed = invoke("lint", "--rules", "--project-dir", root).stdout
    assert "  house-rule " in listed
    assert "  missing-description " in listed
    objects = json.loads(
        invoke("lint", "--rules", "--format", "json", "--project-dir", root).stdout
    )
    (house,) = [o for o in objects if o["rule"] == "house-rule"]
    assert (house["severity"], house["fixed"]) == ("error", False)
    page = invoke("lint", "--explain", "house-rule", "--project-dir", root).stdout
    assert page == "house-rule (error, unless the project says otherwise)\n\nA rule of the house.\n"
    assert "house-rule" not in invoke("lint", "--rules", "--project-dir", root.parent).stdout


@pytest.mark.parametrize("layout", ["text", "json", "github", "sarif"])
def test_a_secret_is_found_and_never_printed(layout: str, shop: Shop, invoke: Invoke) -> None:
    secret = "tr0ub4dor"
    sql = (
        "{{ config(materialized='sink', format='jdbc', options={'password': 'tr0ub4dor'}) }}\n"
        "SELECT nope FROM {{ ref('stg_orders') }}\n"
    )
    root = shop({"models/out.sql": sql})
    printed = invoke("lint", "--format", layout, "--project-dir", root)
    assert "literal-secret" in printed.stdout
    assert secret not in printed.output
    invoke("lint", "--write-baseline", "--project-dir", root)
    assert secret not in (root / "lint-baseline.json").read_text(encoding="utf-8")


def test_settings_of_lint_in_pyproject(shop: Shop, invoke: Invoke) -> None:
    pyproject = (
        '[project]\nname = "x"\n\n[tool.streamsql]\nname = "shop"\n\n'
        '[tool.streamsql.lint.rules]\nmissing-description = "error"\nunused = "off"\n'
    )
    plain = {"models/plain.sql": "SELECT order_id FROM {{ ref('stg_orders') }}\n"}
    root = shop({**plain, "streamsql.toml": None, "pyproject.toml": pyproject})
    found = json.loads(invoke("lint", "--format", "json", "--project-dir", root).stdout)
    told = {(f["rule"], f["severity"], f["path"], f["line"]) for f in found}
    assert ("missing-description", "error", "models/plain.sql", 1) in told
    assert ("unknown-rule", "warning", "pyproject.toml", 9) in told
