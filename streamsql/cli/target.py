"""What commands write into the target folder: compiled SQL, manifest, plan, results."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from streamsql import __version__
from streamsql.cli.compiling import Compiled
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.plan.nodes import Plan
    from streamsql.spark.events import QueryResult, RunReport, TestResult

ARTEFACTS = ("manifest.json", "plan.json", "run_results.json")


def write_artefacts(
    compiled: Compiled, terminal: Terminal, models: Collection[str] | None = None
) -> None:
    """Write what was compiled, masked; SQL of ``models`` only if they are given.

    Files of models that are gone go too; a plan that no longer holds does not stay behind.
    """
    from streamsql.manifest import manifest
    from streamsql.plan.nodes import as_json

    compilation = compiled.compilation
    project = compilation.project.settings.name
    _write_sql(compiled.target_path / "compiled" / project, _sql(compiled), models, terminal)
    described = manifest(compilation, generated_at=datetime.now(UTC), invocation_id=str(uuid4()))
    write_json(compiled.target_path / "manifest.json", described, terminal)
    plan_path = compiled.target_path / "plan.json"
    if compilation.plan is None:
        plan_path.unlink(missing_ok=True)
    else:
        write_json(plan_path, as_json(compilation.plan), terminal)


def write_json(path: Path, value: Any, terminal: Terminal) -> None:
    """Write one artefact whole or not at all, masked."""
    _write(path, terminal.masked(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")


def write_run_results(
    target_path: Path, plan: Plan, report: RunReport, seconds: float, terminal: Terminal
) -> None:
    """Write ``run_results.json`` in the layout of dbt's, with the counts of each query."""
    results = [
        {
            "unique_id": f"model.{plan.project}.{r.model}" if r.model else r.query,
            "query": r.query,
            "status": r.status,
            "message": r.message,
            "execution_time": r.seconds,
            "adapter_response": {
                "rows_in": r.rows_in,
                "rows_out": r.rows_out,
                "late_rows": r.late_rows,
                "batches": r.batches,
                "state_rows": r.state_rows,
                "quarantined": r.quarantined,
                "dropped": r.dropped,
            },
        }
        for r in report.results
    ]
    results += [_test(plan, r, test) for r in report.results for test in r.tests]
    metadata = {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
        "generated_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "streamsql_version": __version__,
    }
    written = {
        "metadata": metadata,
        "args": {"target": plan.target},
        "results": results,
        "elapsed_time": round(seconds, 3),
    }
    write_json(target_path / "run_results.json", written, terminal)


def _test(plan: Plan, result: QueryResult, test: TestResult) -> dict[str, Any]:
    """Describe a data test as one query applied it: a unit of its own, as in dbt."""
    return {
        "unique_id": f"test.{plan.project}.{test.count.test}",
        "query": result.query,
        "status": test.status,
        "message": test.message,
        "failures": test.count.failed if test.status != "skipped" else None,
        "execution_time": result.seconds,
        "adapter_response": {
            "of": test.count.of,
            "on_failure": test.count.on_failure,
            "passed": test.count.passed,
            "failed": test.count.failed,
        },
    }


def _sql(compiled: Compiled) -> Mapping[str, tuple[str | None, str]]:
    """Relative path → the model it belongs to and the SQL of it."""
    compilation = compiled.compilation
    texts: dict[str, tuple[str | None, str]] = {
        p.rendered.model.path: (p.rendered.model.name, p.sql) for p in compilation.parsed
    }
    for query in compilation.plan.queries if compilation.plan else ():
        texts[f"queries/{query.id}.sql"] = (query.model, query.sql)
    return texts


def _write_sql(
    folder: Path,
    texts: Mapping[str, tuple[str | None, str]],
    models: Collection[str] | None,
    terminal: Terminal,
) -> None:
    for path, (model, sql) in texts.items():
        if models is None or model in models:
            _write(folder / path, terminal.masked(sql).rstrip() + "\n")
    for old in sorted(folder.rglob("*.sql")):
        if old.relative_to(folder).as_posix() not in texts:
            old.unlink()
    for empty in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        if not any(empty.iterdir()):
            empty.rmdir()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
