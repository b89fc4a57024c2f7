"""Pipes give the columns that they gave on Spark: their names, in their order, and their types."""

from __future__ import annotations

import json

from recorded_runs import FOLDER, MODES, Run, profile, project_texts

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

RECORDING = FOLDER / "refusals-pipes-4.1.1.jsonl"
# The seed of the static relation has its types of its cells.
_OF_A_SEED = "vf"


def test_columns_are_those_of_spark() -> None:
    records = [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines()]
    ran = (r for r in records if any(r.get(mode) == "OK" for mode in MODES))
    known = {
        r["id"]: r["columns"] for r in ran if "columns" in r
    }  # not where Spark makes up a name
    runs = [Run(r["id"], r["sql"], "append", "OK", "4.1.1") for r in records if r["id"] in known]
    texts = project_texts(runs)
    models = compile_project(ProjectFiles(texts, ("profiles.yml", profile("4.1.1")))).resolution
    found = {
        model.name: [
            [c.name, str(c.data_type).lower().replace(" ", "")]
            for c in model.columns
            if c.name != _OF_A_SEED
        ]
        for model in models.models
    }
    wrong = [
        f"{run.sql}\n    Spark: {columns}\n    ours:  {found.get(run.model)}"
        for run in runs
        if (columns := [c for c in known[run.id] if c[0] != _OF_A_SEED]) != found.get(run.model)
    ]
    assert not wrong, "\n".join(wrong)
    assert len(runs) > 100
