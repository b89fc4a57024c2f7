"""From the options of a command to a compiled project."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from streamsql.cli.options import ProjectOptions, SelectionOptions
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.disk import Texts
    from streamsql.graph import Node
    from streamsql.pipeline import Compilation
    from streamsql.plan.nodes import Plan, Query
    from streamsql.project.nodes import ProjectFiles
    from streamsql.render import RenderContext


class Compiled(NamedTuple):
    """A project as one command sees it. ``root`` and ``target_path`` are absolute."""

    compilation: Compilation
    files: ProjectFiles
    root: Path
    target_path: Path

    @property
    def texts(self) -> Mapping[str, str]:
        """The text of every file a finding may speak of."""
        return {**self.files.texts, **dict((self.files.profiles,) if self.files.profiles else ())}

    def selected(self, selection: SelectionOptions) -> tuple[Node, ...]:
        """The nodes a user chose, upstream first. UsageError if a selector matches nothing."""
        from streamsql.graph import select

        graph = self.compilation.graph
        ids = select(graph, selection.select, selection.exclude)
        return tuple(graph.nodes[id_] for id_ in ids)

    def preview_query(self, model: str) -> Query:
        """Return a query of a model's rows that writes them nowhere.

        Raises:
            UsageError: there is no such model.
        """
        from streamsql.errors import UsageError
        from streamsql.findings import did_you_mean
        from streamsql.plan import plan_preview

        compilation = self.compilation
        query = plan_preview(compilation.project, compilation.resolution, model)
        if query is not None:
            return query
        if any(seed.name == model for seed in compilation.project.seeds):
            hint: str | None = f"a seed is shown by: streamsql seed --show -s {model}"
        else:
            near = did_you_mean(model, (m.name for m in compilation.project.models))
            hint = near or "'streamsql ls' lists them"
        raise UsageError(f"there is no model '{model}'", hint=hint)


def read_project(
    project: ProjectOptions, terminal: Terminal, seen: Texts | None = None
) -> tuple[ProjectFiles, Path]:
    """Read the project's files, those that were not just ``seen``; the second is the folder that
    artefacts go to.

    Raises:
        ProjectError: there is no project, or no profile.
    """
    from streamsql.project import read_files

    files = read_files(
        project.project_dir,
        profiles_dir=project.profiles_dir,
        vars=project.vars,
        env=os.environ,
        seen=seen,
    )
    target_path = Path(files.root).resolve() / project.target_path
    terminal.log_folder = target_path / "logs"
    return files, target_path


def compile_for(project: ProjectOptions, terminal: Terminal, *, with_plan: bool = True) -> Compiled:
    """Read and compile the project; from here on its secrets are masked.

    Without ``with_plan`` nothing can be run of it.

    Raises:
        ProjectError: it cannot be read at all.
    """
    files, _ = read_project(project, terminal)
    return compile_files(files, project, terminal, with_plan=with_plan)


def compile_files(
    files: ProjectFiles, project: ProjectOptions, terminal: Terminal, *, with_plan: bool = True
) -> Compiled:
    """Compile what was read.

    Raises:
        ProjectError: the settings or the profile cannot be understood at all.
    """
    from streamsql.pipeline import compile_project

    root = Path(files.root).resolve()
    compilation = compile_project(
        files,
        project.target,
        context=new_context(),
        installed_spark=installed_spark(),
        with_plan=with_plan,
    )
    terminal.keep_secret(compilation.project.secrets)
    return Compiled(compilation, files, root, root / project.target_path)


def new_context() -> RenderContext:
    """Return what Jinja sees of this invocation."""
    from uuid import uuid4

    from streamsql.render import RenderContext

    return RenderContext(datetime.now(UTC), str(uuid4()))


def installed_spark() -> str | None:
    """Return the version of the installed pyspark.

    Importing it takes longer than a lint, and its metadata a good part of one, so its
    ``version.py`` is read.
    """
    spec = importlib.util.find_spec("pyspark")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        try:
            text = (Path(folder) / "version.py").read_text(encoding="utf-8")
        except OSError:
            continue
        if found := re.search(r"^__version__[^=]*= *[\"']([^\"']+)", text, re.MULTILINE):
            return found[1]
    return None


def require_plan(compiled: Compiled, terminal: Terminal) -> Plan:
    """Return the plan of a project without errors; with errors, tell them and exit with 1."""
    from streamsql.cli.output import as_text, summary

    compilation = compiled.compilation
    if compilation.plan is None:
        terminal.complain(f"the project has {summary(compilation.errors)}; nothing was started")
        terminal.tell(as_text(compilation.errors, compiled.texts))
        click.get_current_context().exit(1)
    return compilation.plan


def selected_plan(compiled: Compiled, selection: SelectionOptions, terminal: Terminal) -> Plan:
    """Return the queries of the selected models; with errors, tell them and exit with 1.

    Raises:
        UsageError: a selector matches nothing, or only what no query is made for.
    """
    require_plan(compiled, terminal)
    return plan_of(compiled, selection)


def plan_of(compiled: Compiled, selection: SelectionOptions) -> Plan:
    """Return the queries of the selected models of a project without errors.

    Raises:
        UsageError: a selector matches nothing, or only what no query is made for.
    """
    from streamsql.errors import UsageError
    from streamsql.plan.narrow import narrow_plan

    plan = compiled.compilation.plan
    assert plan is not None, "a project without errors has a plan"
    if selection:
        nodes = compiled.selected(selection)
        plan = narrow_plan(plan, {node.id for node in nodes if node.kind == "model"})
    if not plan.queries:
        raise UsageError(
            "no query is selected: views and seeds run inside the queries that read them",
            hint="select what reads them, as in -s my_view+"
            if selection
            else "give a model materialized='topic', 'table' or 'sink'",
        )
    return plan
