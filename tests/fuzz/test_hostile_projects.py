"""Texts that ask for more time, memory or files than a project may have: refused, and soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fuzzed_projects import SMALL

from streamsql.errors import ProjectError
from streamsql.findings import Finding
from streamsql.pipeline import compile_project
from streamsql.project.files import read_files
from streamsql.project.nodes import ProjectFiles

SLOWEST = 20.0  # seconds of CPU, on the slowest machine
ORDERS = "{{ source('shop', 'orders') }}"
DOUBLED = "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = NEXT %}{% endfor %}"


def findings_of(sql: str, **texts: str) -> tuple[Finding, ...]:
    files = {**SMALL, "models/x.sql": sql, **{p.replace("__", "/"): t for p, t in texts.items()}}
    profiles = ("profiles.yml", files.pop("profiles.yml"))
    began = time.process_time()
    found = compile_project(ProjectFiles(texts=files, profiles=profiles, env={})).findings
    assert time.process_time() - began < SLOWEST
    return found


def nested(before: str, inside: str, after: str, depth: int) -> str:
    return f"{before * depth}{inside}{after * depth}"


def chain(first: str, step: str, length: int) -> str:
    """A chain of common table expressions, each made of the one before."""
    steps = (f"c{n} AS ({step.replace('@', f'c{n - 1}')})" for n in range(1, length))
    return f"WITH c0 AS ({first}), {', '.join(steps)} SELECT * FROM c{length - 1}"


TOO_LARGE = {
    "brackets": "SELECT " + nested("(", "1", ")", 20_000),
    "calls": "SELECT " + nested("f(", "1", ")", 20_000),
    "cases": "SELECT " + nested("CASE WHEN true THEN ", "1", " END", 3_000),
    "sums": f"SELECT {'order_id + ' * 3_000} 1 AS n FROM {ORDERS}",
    "subqueries": f"SELECT * FROM {nested('(SELECT * FROM ', ORDERS, ')', 3_000)}",
    "nested types": f"SELECT CAST(amount AS {nested('array<', 'int', '>', 3_000)}) FROM {ORDERS}",
    "columns": chain(f"SELECT order_id FROM {ORDERS}", "SELECT a.*, b.* FROM @ a JOIN @ b", 40),
    "static columns": chain("SELECT 1 AS x", "SELECT a.*, b.* FROM @ a CROSS JOIN @ b", 40),
    "joins": chain(f"SELECT order_id FROM {ORDERS}", "SELECT a.order_id FROM @ a, @ b", 40),
    "types": chain(f"SELECT order_id x FROM {ORDERS}", "SELECT struct(x a, x b) x FROM @", 60),
    "text": f"SELECT {'order_id, ' * 60_000} amount FROM {ORDERS}",
}
BOMBS = {
    "loops": "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
    "itself": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "each other": "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}"
    "{{ a() }}",
    "text": "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}"
    "{% endfor %}",
    "list": DOUBLED.replace("NEXT", "ns.x + ns.x"),
    "lists in lists": DOUBLED.replace("NEXT", "[ns.x, ns.x]") + "{{ ns.x }}",
    "tuples": DOUBLED.replace("NEXT", "(ns.x, ns.x)") + "{{ ns.x == 1 }}",
    "dicts": DOUBLED.replace("NEXT", "{'a': ns.x, 'b': ns.x}") + "{{ ns.x | tojson }}",
    "dicts by call": DOUBLED.replace("NEXT", "dict(a=ns.x, b=ns.x)") + "{{ ns.x }}",
    "filled batches": DOUBLED.replace("NEXT", "ns.x | batch(2, ns.x) | list") + "{{ ns.x }}",
    "config": DOUBLED.replace("NEXT", "[ns.x, ns.x]") + "{{ config(meta={'a': ns.x}) }}",
    "ranges": "{{ ([range(99999)] * 999) | map('list') | list }}",
    "sum of lists": "{{ ([['a'] * 9999] * 9999) | sum(start=[]) }}",
    "power": "{{ 2 ** 99999999 }}",
    "squares": "{% set ns = namespace(x=9) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}"
    "{% endfor %}",
    "indent": "{{ ('a\\n' * 99999) | indent(9999) }}",
    "replace": "{{ ('a' * 99999) | replace('a', 'b' * 99999) }}",
    "width": "{{ '%999999999d' % 1 }}",
}
ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ref.__globals__ }}",
    "{{ ref.__self__.project.env }}",
    "{{ config.functions.project.env }}",
    "{{ '{0.functions.project.env}'.format(config) }}",
    "{{ [] | attr('__class__') }}",
    "{{ [[]] | map(attribute='__class__') | first }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ self.__dict__ }}",
    "{{ environment }}",
    "{{ lipsum.__globals__ }}",
    "{% include 'profiles.yml' %}",
    "{% import '/etc/passwd' as x %}",
    "{% from '/etc/passwd' import x %}",
    "{% extends '/etc/passwd' %}",
)


@pytest.mark.parametrize("sql", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_query_too_large_is_a_finding(sql: str) -> None:
    found = [f for f in findings_of(sql) if f.model == "x" and f.is_error]
    assert found
    assert found[0].rule in {"query-too-large", "sql-syntax"}


@pytest.mark.parametrize("sql", BOMBS.values(), ids=BOMBS)
def test_a_template_that_makes_too_much_is_a_finding(sql: str) -> None:
    found = [f for f in findings_of(f"{sql}SELECT 1 AS a") if f.is_error]
    assert [f.rule for f in found if f.model == "x"] == ["sandbox"]


@pytest.mark.parametrize("sql", ESCAPES)
def test_nothing_gets_out_of_the_sandbox(sql: str) -> None:
    found = [f for f in findings_of(f"SELECT '{sql}' AS a") if f.model == "x" and f.is_error]
    assert found, "it rendered"
    assert not any("root:" in f.message or "<class" in f.message for f in found)


@pytest.mark.parametrize(
    "text", ["9" * 20_000, "1." + "9" * 20_000, "1e" + "9" * 5_000, "-" + "9" * 5_000, "0.1e-999"]
)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT NUMBER AS a FROM t",
        "SELECT round(amount, NUMBER) AS a FROM t",
        "SELECT amount FROM t GROUP BY NUMBER",
        "SELECT amount FROM t ORDER BY NUMBER LIMIT NUMBER",
        "SELECT stack(NUMBER, amount) FROM t",
        "SELECT CAST(amount AS decimal(NUMBER, 2)) AS a FROM t",
        "SELECT window(ordered_at, 'NUMBER minutes') AS w FROM t GROUP BY 1",
        "SELECT amount FROM t WATERMARK ordered_at DELAY OF INTERVAL NUMBER MINUTES AS x",
    ],
)
def test_numbers_of_any_length_are_read(sql: str, text: str) -> None:
    findings_of(sql.replace("NUMBER", text).replace("FROM t", f"FROM {ORDERS}"))


def test_settings_that_are_undefined_are_reported_where_they_stand() -> None:
    found = findings_of("{{ config(meta={'a': [nothing]}) }} SELECT 1 AS a")
    assert [f.rule for f in found if f.model == "x" and f.is_error] == ["unknown-variable"]
    found = findings_of("{{ config(meta={'a': 10 ** 5000}) }} SELECT 1 AS a")
    assert [f.location.line for f in found if f.model == "x" and f.is_error] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1, 1]\nb: &b [*a, *a]\n"
        + "\n".join(f"c{n}: &c{n} [*{'b' if n == 0 else f'c{n - 1}'}, *b]" for n in range(2)),
        "models: &m [*m]",
        "models: " + "[" * 9_999,
        "models: " + "{a: " * 9_999,
        "- " * 9_999,
        "? " * 9_999,
        "models: !!python/object/apply:os.system [id]",
        "<<: *a",
        "a: " + "9" * 9_999,
        "\x00\x01",
        "models:\n  - &x {name: m, <<: *x}",
        "a: &a {x: 1}\n"
        + "".join(f"b{n}: &b{n} {{p: *a, q: *a, r: [*a, *a]}}\n" for n in range(99)),
    ],
)
def test_yaml_of_any_form_is_read_or_refused(text: str) -> None:
    assert any(f.is_error for f in findings_of("SELECT 1 AS a", **{"models__bomb.yml": text}))


SECRET = "TheSecretOfAnotherFolder"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the project with a file of each kind."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "taken.sql").write_text(f"SELECT '{SECRET}' AS a")
    (folder / "taken.yml").write_text(f"models: [{{name: taken, description: {SECRET}}}]")
    (folder / "taken.md").write_text(f"{{% docs taken %}}{SECRET}{{% enddocs %}}")
    (folder / "taken.csv").write_text(f"a\n{SECRET}\n")
    return folder


def project_at(folder: Path, settings: str = "") -> Path:
    for path, text in SMALL.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "streamsql.toml").write_text(settings + SMALL["streamsql.toml"])
    return folder


def everything_read(project: Path) -> str:
    try:
        files = read_files(project, env={})
    except ProjectError as error:
        return str(error)
    return f"{files.texts} {compile_project(files).findings}"


@pytest.mark.parametrize("suffix", ["sql", "yml", "md", "csv"])
def test_links_out_of_the_project_are_not_followed(
    tmp_path: Path, outside: Path, suffix: str
) -> None:
    project = project_at(tmp_path / "project")
    for folder in ("models", "macros", "seeds"):
        (project / folder / f"linked.{suffix}").symlink_to(outside / f"taken.{suffix}")
        (project / folder / f"over_{suffix}.{suffix}").symlink_to(f"../../outside/taken.{suffix}")
    (project / "models" / "folder").symlink_to(outside, target_is_directory=True)
    (project / "models" / "loop").symlink_to(project, target_is_directory=True)
    assert SECRET not in everything_read(project)


@pytest.mark.parametrize("key", ["model-paths", "macro-paths", "seed-paths", "model-tests"])
@pytest.mark.parametrize("path", ["../outside", "OUTSIDE", "models/../../outside", "link"])
def test_folders_outside_of_the_project_are_not_read(
    tmp_path: Path, outside: Path, key: str, path: str
) -> None:
    where = path.replace("OUTSIDE", outside.as_posix())
    project = project_at(tmp_path / "project", f'{key} = ["{where}"]\n')
    (project / "link").symlink_to(outside, target_is_directory=True)
    assert SECRET not in everything_read(project)


HALF = '"\\ud800"'


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT '{{{{ {HALF} }}}}' AS a",
        f"{{{{ config(tags=[{HALF}]) }}}} SELECT 1 AS a",
        f"{{{{ config(meta={{{HALF}: 1}}) }}}} SELECT 1 AS a",
        f"{{{{ fromjson('{HALF}') }}}} SELECT 1 AS a",
    ],
)
def test_half_of_a_character_is_refused_before_it_is_written(sql: str) -> None:
    found = findings_of(sql)
    assert [f.rule for f in found if f.model == "x" and f.is_error] == ["sandbox"]
    assert all(f.message.encode() for f in found)


SOURCE = (
    "sources: [{{name: s, connection: kafka, tables: [{{name: t, format: json, {0},"
    " columns: [{{name: a, data_type: int}}]}}]}}]"
)


@pytest.mark.parametrize(
    "text",
    [
        "models: [{name: m, config: {partitions: " + "9" * 5_000 + "}}]",
        "models: [{name: m, meta: {x: \"{{ ([range(99999)] * 9999) | map('sum') | list }}\"}}]",
        'models: [{name: m, meta: {x: "{{ ([[1] * 99] * 9999) | sum(start=[]) }}"}}]',
        SOURCE.format("topic: t, options: {startingOffsets: '" + "[" * 5_000 + "'}"),
        SOURCE.format('topic: t, options: {startingOffsets: \'{"t": ' + "9" * 5_000 + "}'}"),
        SOURCE.format("topic_pattern: '" + "(" * 2_000 + "'"),
        SOURCE.format("topic_pattern: '((a+)+)+b', on_error: dead_letter")
        + f"\nmodels: [{{name: nobody, config: {{topic: {'a' * 60}, materialized: topic}}}}]",
    ],
)
def test_values_in_yaml_that_are_too_much(text: str) -> None:
    assert findings_of("SELECT 1 AS a", **{"models__bomb.yml": text})


@pytest.mark.parametrize(
    "line",
    [". " * 30, "a . " * 30, "'a'" * 30, "a" * 60, " " * 3_000, "[" * 3_000, "{a " * 3_000],
    ids=lambda line: line[:4],
)
def test_lines_inside_a_toml_text_are_looked_over_soon(line: str) -> None:
    toml = f'{SMALL["streamsql.toml"]}[vars.more]\ntext = """\n{line}\n"""\n'
    findings_of("SELECT 1 AS a", **{"streamsql.toml": toml})


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 2_000 + "]" * 2_000])
def test_toml_of_any_size_is_read_or_refused(value: str) -> None:
    with pytest.raises(ProjectError):
        findings_of("SELECT 1 AS a", **{"streamsql.toml": f'name = "x"\n[vars]\nx = {value}\n'})


def test_a_wide_seed_is_read() -> None:
    wide = ",".join(f"c{n}" for n in range(9_000)) + "\n" + ",".join("1" * 9_000) + "\n"
    findings_of("SELECT 1 AS a", **{"seeds__wide.csv": wide})
