"""An operator is refused for two types if and only if Spark refuses it: see ``operands.txt``."""

from __future__ import annotations

from recorded_runs import FOLDER, model_text, profile, project_texts

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

LINES = [
    line
    for line in (FOLDER / "operands.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
OPERANDS = dict(line.split(": ", 1) for line in LINES if "\t" not in line)
TAKEN = [line.split("\t") for line in LINES if "\t" in line]


def test_an_error_if_and_only_if_it_is_refused() -> None:
    texts = project_texts([])
    for number, (operator, left, _) in enumerate(TAKEN):
        calls = (operator.format(OPERANDS[left], sql) for sql in OPERANDS.values())
        items = ",\n".join(f"{sql} AS x{n}" for n, sql in enumerate(calls))
        texts[f"models/q{number}.sql"] = model_text(f"SELECT\n{items}\nFROM events", "append")
    found = compile_project(ProjectFiles(texts, ("profiles.yml", profile("4.1.1")))).findings
    refused = {(f.model, f.location.line) for f in found if f.is_error}
    wrong = []
    for number, (operator, left, taken) in enumerate(TAKEN):
        for place, right in enumerate(OPERANDS):
            takes = right in taken.split()
            if ((f"q{number}", 4 + place) in refused) == takes:
                wrong.append(f"{operator.format(left, right)}: Spark takes it: {takes}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    assert len(TAKEN) * len(OPERANDS) > 5000
