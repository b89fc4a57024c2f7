"""Rules of packages and of a project itself: used, weighed, and never able to break a lint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from test_rules import BESIDE, PROFILES

from streamsql.checks import Fault, Severity, plugins, source_rule
from streamsql.pipeline import Compilation, compile_project
from streamsql.project.nodes import ProjectFiles, Source

MODEL = {"models/a.sql": "SELECT order_id FROM {{ source('shop', 'orders') }}\n"}
RULE = '''\
"""Ours."""
from collections.abc import Iterator
from dataclasses import dataclass
from streamsql.checks import Fault, Severity, WholeProject, model_rule, project_rule, source_rule


@dataclass(frozen=True)
class Seen:
    name: str


@model_rule(Severity.ERROR)
def short_name(model) -> Iterator[Fault]:
    """A model's name is too short to say anything.

    Say what a row is.
    """
    seen = Seen(model.name)
    if len(seen.name) < 2:
        yield Fault(f"'{seen.name}' is short", model.parsed.rendered.model.location)


@project_rule(Severity.INFO)
def few_models(whole: WholeProject) -> Iterator[Fault]:
    """A project has few models."""
    if len(whole.rendered) < 3:
        yield Fault("there are few models", whole.project.settings.location, model="a")
'''
ON = "lint = {project-rules = true}\n"


@source_rule(Severity.WARNING)
def quiet_source(source: Source) -> Iterator[Fault]:
    """A source has no description."""
    if not source.description:
        yield Fault(f"'{source.unique_name}' says nothing", source.location)


@source_rule(Severity.WARNING)
def missing_description(source: Source) -> Iterator[Fault]:
    """Has the name of another."""
    yield Fault("never", source.location)


@source_rule(Severity.WARNING)
def failing_rule(source: Source) -> Iterator[Fault]:
    """Fails."""
    yield Fault("before", source.location)
    raise KeyError(source.name)


@source_rule(Severity.WARNING)
def careless_rule(source: Source) -> Iterator[Any]:
    """Yields what is no fault."""
    yield Fault("where?", None)  # type: ignore[arg-type]


SEVERAL = (quiet_source, missing_description, "no rule")


def compiled(files: Mapping[str, str], settings: str = "") -> Compilation:
    texts = {**BESIDE, **files}
    texts["streamsql.toml"] += settings
    return compile_project(ProjectFiles(texts=texts, profiles=PROFILES))


def told(found: Compilation, *rules: str) -> list[str]:
    wanted = rules or ("broken-rule",)
    return [f"{f.location} {f.severity} {f.message}" for f in found.findings if f.rule in wanted]


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(*values: str) -> None:
        entries = [EntryPoint(v.rpartition(":")[2], v, "streamsql.rules") for v in values]
        monkeypatch.setattr(plugins, "entry_points", lambda group: entries)

    return install


def test_rules_of_a_project_are_used_where_it_says_so() -> None:
    files = {**MODEL, "lint/naming.py": RULE}
    assert told(compiled(files), "short-name", "few-models") == []
    found = compiled(files, ON)
    assert told(found, "short-name", "few-models", "broken-rule") == [
        "models/a.sql:1:1 error 'a' is short",
        "streamsql.toml:1:1 info there are few models",
    ]


def test_an_error_of_theirs_fails_a_lint_stops_no_run_and_can_be_weighed() -> None:
    files = {**MODEL, "lint/naming.py": RULE}
    found = compiled(files, ON)
    assert found.errors == ()
    assert found.plan is not None
    weighed = compiled(files, ON + '[lint.rules]\nshort-name = "off"\n'.replace("[lint.rules]", ""))
    assert weighed.errors  # a key that stands at no place is still an error
    off = compiled(files, '[lint]\nproject-rules = true\n[lint.rules]\nshort-name = "off"\n')
    assert told(off, "short-name", "fixed-severity") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def (:\n", "lint/x.py:1:5 warning lint/x.py cannot be loaded: SyntaxError: "),
        ("\nimport nowhere\n", "lint/x.py:2:1 warning lint/x.py cannot be loaded: ModuleNotFound"),
        (
            "raise SystemExit(3)\n",
            "lint/x.py:1:1 warning lint/x.py cannot be loaded: SystemExit: 3",
        ),
        (
            RULE.replace("Seen(model.name)", "model.nothing"),
            "lint/x.py:18:1 warning the rule 'short-name' failed at a: AttributeError: ",
        ),
    ],
)
def test_a_broken_file_of_rules_is_a_finding(text: str, expected: str) -> None:
    found = compiled({**MODEL, "lint/x.py": text}, ON)
    (broken,) = told(found)
    assert broken.startswith(expected)
    assert "missing-description" in {f.rule for f in found.findings}


def test_rules_of_packages(packages: Any) -> None:
    packages(f"{__name__}:SEVERAL")
    found = compiled(MODEL)
    assert told(found, "quiet-source") == [
        "models/shop.yml:5:15 warning 'shop.orders' says nothing"
    ]
    assert told(found) == [
        "streamsql.toml:1:1 warning the rules of the package 'SEVERAL' has a rule"
        " 'missing-description', and that name is taken",
        "streamsql.toml:1:1 warning the rules of the package 'SEVERAL' gives str 'no rule',"
        " which is no rule",
    ]


def test_broken_packages(packages: Any) -> None:
    packages(
        "nowhere.at:all", f"{__name__}:failing_rule", f"{__name__}:careless_rule", f"{__name__}:ON"
    )
    found = compiled(MODEL)
    messages = sorted(m.partition(" warning ")[2] for m in told(found))
    assert messages[:2] == [
        "the rule 'careless-rule' failed at shop.orders: TypeError: a Fault needs a message and"
        " a Location",
        "the rule 'failing-rule' failed at shop.orders: KeyError: 'orders'",
    ]
    assert messages[2].startswith("the rules of the package 'ON' gives str")
    assert messages[-1].startswith("the rules of the package 'all' cannot be loaded: Module")
