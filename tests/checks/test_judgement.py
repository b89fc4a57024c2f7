"""Settings of lint, comments that ignore, and baselines."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from test_rules import BESIDE, PROFILES

from streamsql.checks.baseline import baseline_text
from streamsql.pipeline import Compilation, compile_project
from streamsql.project.nodes import ProjectFiles

NAMELESS = "SELECT order_id FROM {{ source('shop', 'orders') }}\n"
USED = "SELECT * FROM {{ ref('a') }}\n"
MODELS = {"models/staging/a.sql": NAMELESS, "models/marts/b.sql": USED}


def compiled(files: Mapping[str, str], lint: str = "", baseline: str | None = None) -> Compilation:
    texts = {**BESIDE, **files}
    texts["streamsql.toml"] += lint
    if baseline is not None:
        texts["lint-baseline.json"] = baseline
    return compile_project(ProjectFiles(texts=texts, profiles=PROFILES))


def told(files: Mapping[str, str], lint: str = "", *rules: str) -> list[str]:
    """What is found, without what these small projects have anyway."""
    usual = {"unused-model"}
    return [
        f"{f.location.path}:{f.location.line} {f.severity} {f.rule}"
        for f in compiled(files, lint).findings
        if (f.rule in rules if rules else f.rule not in usual)
    ]


def described(level: str) -> list[str]:
    return [f"{path}:1 {level} missing-description" for path in sorted(MODELS)]


def test_without_settings_rules_weigh_what_they_say() -> None:
    assert told(MODELS) == described("warning")


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_severity_of_a_rule(level: str) -> None:
    assert told(MODELS, f'[lint.rules]\nmissing-description = "{level}"\n') == described(level)


@pytest.mark.parametrize(
    "lint",
    [
        '[lint.rules]\nmissing-description = "off"\n',
        '[lint]\nignore = "missing-description"\n',
        '[lint]\nignore = ["missing-description", "undeclared-column"]\n',
        '[lint.folders.models]\nmissing-description = "off"\n',
        'lint = {folders = {staging = {missing-description = "off"}, marts = '
        '{missing-description = "off"}}}\n',
    ],
)
def test_a_rule_that_is_off(lint: str) -> None:
    assert told(MODELS, lint) == []


def test_the_innermost_folder_decides_and_may_be_named_from_a_model_path() -> None:
    lint = (
        '[lint.rules]\nmissing-description = "error"\n'
        '[lint.folders.models]\nmissing-description = "off"\n'
        '[lint.folders."models/staging"]\nmissing-description = "info"\n'
    )
    assert told(MODELS, lint) == ["models/staging/a.sql:1 info missing-description"]
    lint = '[lint.folders."marts/b.sql"]\nmissing-description = "error"\n'
    assert told(MODELS, lint) == [
        "models/marts/b.sql:1 error missing-description",
        "models/staging/a.sql:1 warning missing-description",
    ]


def test_a_raised_severity_fails_lint_and_stops_no_run() -> None:
    found = compiled(MODELS, '[lint.rules]\nmissing-description = "error"\n')
    assert [f.rule for f in found.findings if f.is_error] == ["missing-description"] * 2
    assert found.errors == ()
    assert found.plan is not None


def test_errors_can_be_neither_weakened_nor_ignored() -> None:
    wrong = {"models/a.sql": "SELECT nope FROM {{ source('shop', 'orders') }}\n"}
    plain = told(wrong, "", "unknown-column")
    assert plain == ["models/a.sql:1 error unknown-column"]
    for level in ("off", "info", "warning"):
        found = compiled(wrong, f'[lint.rules]\nunknown-column = "{level}"\n')
        assert [f.rule for f in found.errors] == ["unknown-column"]
        (fixed,) = [f for f in found.findings if f.rule == "fixed-severity"]
        assert (str(fixed.location), fixed.severity) == ("streamsql.toml:4:1", "warning")
    assert "fixed-severity" not in str(told(wrong, '[lint.rules]\nunknown-column = "error"\n'))
    ignoring = {
        "models/a.sql": wrong["models/a.sql"][:-1] + " -- streamsql: ignore[unknown-column]"
    }
    assert told(ignoring, "", "unknown-column", "fixed-severity") == [
        "models/a.sql:1 error unknown-column",
        "models/a.sql:1 warning fixed-severity",
    ]


def test_names_that_mean_nothing_are_findings_with_the_near_ones() -> None:
    lint = (
        '[lint]\nnaming = {stagin = "^stg_"}\n[lint.rules]\nmissing-descripton = "off"\n'
        '[lint.folders.nowhere]\nmising-description = "off"\n'
    )
    found = compiled({}, lint).findings
    meant = [f for f in found if "unknown" in f.rule]
    assert [f"{f.location} {f.rule}" for f in meant] == [
        "streamsql.toml:4:11 unknown-folder",
        "streamsql.toml:6:1 unknown-rule",
        "streamsql.toml:7:2 unknown-folder",
        "streamsql.toml:8:1 unknown-rule",
    ]
    near = [f.hint or "" for f in meant if f.rule == "unknown-rule"]
    assert all(hint.startswith("did you mean 'missing-description'") for hint in near)


@pytest.mark.parametrize(
    ("lint", "expected"),
    [
        ("[lint]\nfail_on = 'info'\n", "streamsql.toml:4:1 unknown-key did you mean 'fail-on'?"),
        ("[lint]\nfail-on = 'never'\n", "streamsql.toml:4:1 unknown-value"),
        ("[lint.rules]\nmissing-description = 'of'\n", "unknown-value did you mean 'off'?"),
        ("[lint]\nnaming = {models = '('}\n", "streamsql.toml:4:11 bad-pattern"),
        ("[lint]\nrules = ['x']\n", "streamsql.toml:4:1 wrong-type"),
    ],
)
def test_settings_that_cannot_be_read(lint: str, expected: str) -> None:
    found = [f"{f.location} {f.rule} {f.hint}" for f in compiled({}, lint).errors]
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "-- streamsql: ignore[missing-description]\n" + NAMELESS,
        NAMELESS[:-1] + " -- streamsql: ignore[missing-description] until it is named\n",
        "{# streamsql: ignore[missing-description] #}\n" + NAMELESS,
        "{#- streamsql:ignore [ reserved-name , missing-description ] -#}\n" + NAMELESS,
        "/* streamsql: ignore[missing-description] */ " + NAMELESS,
    ],
)
def test_comments_that_ignore(text: str) -> None:
    assert "missing-description" not in str(told({"models/a.sql": text}))


def test_a_comment_alone_on_its_line_counts_for_the_next_that_is_no_comment() -> None:
    ignored = (
        "\n-- streamsql: ignore[processing-time-condition]\n-- because\n\n"
        "SELECT order_id FROM {{ source('shop', 'orders') }}\n"
    )
    at = {"models/a.yml": "models:\n  # streamsql: ignore[missing-description]\n  - name: a\n"}
    assert told({**at, "models/a.sql": NAMELESS}) == []
    assert told({"models/a.sql": ignored}, "", "unused-ignore") == [
        "models/a.sql:2 warning unused-ignore"
    ]


def test_what_is_not_found_cannot_be_ignored() -> None:
    text = NAMELESS[:-1] + " -- streamsql: ignore[missing-description, reserved-name, nope]\n"
    found = compiled({"models/a.sql": text}, '[lint.rules]\nundeclared-column="off"\n').findings
    assert [(str(f.location), f.rule, f.model) for f in found if f.rule != "unused-model"] == [
        ("models/a.sql:1:95", "unused-ignore", "a"),
        ("models/a.sql:1:110", "unknown-rule", "a"),
    ]
    off = NAMELESS[:-1] + " -- streamsql: ignore[missing-description]\n"
    assert told({"models/a.sql": off}, '[lint]\nignore = "missing-description"\n') == []


def test_with_errors_in_the_project_no_ignore_is_called_unused() -> None:
    files = {
        "models/a.sql": NAMELESS[:-1] + " -- streamsql: ignore[reserved-name]\n",
        "models/b.sql": "SELECT nope FROM {{ source('shop', 'orders') }}\n",
    }
    assert told(files, "", "unused-ignore") == []


def test_a_comment_that_names_nothing_ignores_nothing() -> None:
    assert told({"models/a.sql": NAMELESS[:-1] + " -- streamsql: ignore\n"}) == [
        "models/a.sql:1 warning missing-description",
        "models/a.sql:1 warning ignore-without-rules",
    ]


def test_a_baseline_hides_what_it_holds_wherever_it_has_moved_to() -> None:
    text = baseline_text(compiled(MODELS).adoptable)
    assert compiled(MODELS, baseline=text).findings == ()
    moved = {path: f"-- moved\n\n{sql}" for path, sql in MODELS.items()}
    assert compiled(moved, baseline=text).findings == ()
    more = {**MODELS, "models/marts/c.sql": USED}
    assert {f.model for f in compiled(more, baseline=text).findings} == {"c"}
    elsewhere = {path.replace("marts", "gold"): sql for path, sql in MODELS.items()}
    assert compiled(elsewhere, baseline=text).findings == ()


def test_a_baseline_counts() -> None:
    twice = {"models/a.sql": NAMELESS, "models/web.yml": CASTS}
    text = baseline_text(compiled(twice).adoptable)
    thrice = {**twice, "models/web.yml": CASTS + CASTS.splitlines()[-1].replace("two", "three")}
    new = [f for f in compiled(thrice, baseline=text).findings if f.rule == "unknown-option"]
    assert len(new) == 1


CASTS = """\
sources:
  - name: web
    tables:
      - {name: one, topic: one, format: text, options: {bogus: 1}}
      - {name: two, topic: two, format: text, options: {bogus: 1}}
"""


def test_a_baseline_holds_no_errors_and_nothing_about_lint() -> None:
    files = {
        "models/a.sql": "SELECT nope FROM {{ source('shop', 'orders') }} -- streamsql: ignore[x]\n"
    }
    found = compiled(files)
    assert "missing-description" in {f.rule for f in found.adoptable}
    assert {f.rule for f in found.findings} - {f.rule for f in found.adoptable} == {
        "unknown-column",
        "unknown-rule",
    }


def test_what_a_baseline_holds_and_is_gone_is_told() -> None:
    text = baseline_text(compiled(MODELS).adoptable)
    (gone,) = (f for f in compiled({}, baseline=text).findings if f.rule != "unused-source")
    assert (gone.rule, gone.severity) == ("stale-baseline", "info")
    assert gone.message.startswith(f"the baseline holds {len(json.loads(text)['findings'])} ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "findings": []}',
        '{"version": 1, "findings": [1]}',
        "[" * 9**5,
    ],
)
def test_a_baseline_that_cannot_be_read_hides_nothing(text: str) -> None:
    found = compiled(MODELS, baseline=text).findings
    rules = [f.rule for f in found]
    assert "broken-baseline" in rules
    assert rules.count("missing-description") == 2


def test_no_finding_quotes_a_secret() -> None:
    sql = (
        "{{ config(materialized='topic', options={'password': 'tr0ub4dor'}, key='tr0ub4dor') }}\n"
        "SELECT order_id FROM {{ source('shop', 'orders') }}\n"
    )
    found = compiled({"models/a.sql": sql})
    assert {"literal-secret", "unknown-key-column"} <= {f.rule for f in found.findings}
    told = (*found.findings, *found.errors, *found.adoptable)
    assert "tr0ub4dor" not in str([(f.message, f.hint) for f in told])
