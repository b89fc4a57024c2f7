"""The documents are true: what they show is what the code does, and their links lead somewhere.

``STREAMSQL_UPDATE_DOCS=1 pytest tests/documents`` writes anew what is quoted from files and
from the compiler.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click
import pytest

from streamsql.cli.group import COMMANDS, cli
from streamsql.cli.output import as_text
from streamsql.pipeline import Compilation, compile_project
from streamsql.project import load_project, read_files
from streamsql.project.lookups import target_view
from streamsql.render.environment import ModelEnvironment
from streamsql.render.functions import Functions, RenderContext, builtin_names, model_view

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
)
LINK = re.compile(r"\[[^\]]*\]\((?!https?://)([^)#\s]*)(#[^)\s]*)?\)")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"<!-- (file|compiled|lint): (\S+) -->\n(.*?)<!-- /\1 -->", re.DOTALL)


@pytest.fixture(scope="module")
def shop() -> Compilation:
    return compile_project(read_files(ROOT))


def quoted(shop: Compilation) -> Mapping[str, Callable[[str], str]]:
    def compiled(query: str) -> str:
        assert shop.plan is not None, shop.errors
        return shop.plan.query(query).sql

    return {
        "file": lambda path: (ROOT / path).read_text(encoding="utf-8"),
        "compiled": compiled,
        "lint": misspelt,
    }


def misspelt(word: str) -> str:
    """Lint the model that the README shows, with one word written wrongly."""
    path, wrong = "models/marts/revenue_per_minute.sql", word[:2] + word[3] + word[2] + word[4:]
    files = read_files(ROOT)
    texts = {**files.texts, path: files.texts[path].replace(f"sum({word})", f"sum({wrong})")}
    findings = compile_project(replace(files, texts=texts)).findings
    return "$ streamsql lint\n" + click.unstyle(as_text(findings, texts))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_quotes_are_what_the_code_writes(page: Path, shop: Compilation) -> None:
    text = page.read_text(encoding="utf-8")
    sources = quoted(shop)

    def fresh(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        body = sources[kind](name).strip("\n")
        language = "console" if kind == "lint" else "sql"
        return f"<!-- {kind}: {name} -->\n```{language}\n{body}\n```\n<!-- /{kind} -->"

    renewed = QUOTED.sub(fresh, text)
    if os.environ.get("STREAMSQL_UPDATE_DOCS"):
        page.write_text(renewed, encoding="utf-8")
        text = renewed
    assert text == renewed


def anchors(page: Path) -> set[str]:
    headings = re.findall(
        r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor[1:] in anchors(file), f"{page.name} links to {target}{anchor}"


def test_every_name_of_jinja_is_documented() -> None:
    project = load_project(read_files(ROOT))
    functions = Functions(project, ModelEnvironment())
    names = {*builtin_names(project, functions, RenderContext()), "this", "model"}
    described = re.findall(r"`([^`]+)`", (ROOT / "docs/jinja.md").read_text(encoding="utf-8"))
    words = {word for text in described for word in re.findall(r"\w+", text)}
    assert names <= words
    attributes = {*model_view(project.models[0]), *target_view(project.target)}
    assert attributes <= words


def sections(page: str) -> Mapping[str, str]:
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from options(one)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (*parameter.opts, *parameter.secondary_opts)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    page = sections((ROOT / "docs/commands.md").read_text(encoding="utf-8"))
    assert name in page
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    described = page[name] + page["Options that commands share"]
    for option in options(command):
        assert re.search(rf"`{re.escape(option)}[` ]", described), f"{option} of {name}"


def test_no_other_command_is_documented() -> None:
    page = sections((ROOT / "docs/commands.md").read_text(encoding="utf-8"))
    assert set(page) - {"Options that commands share"} == set(COMMANDS)
