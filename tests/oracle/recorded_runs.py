"""Recorded runs of Spark as projects: each query is a sink model of its own, once a mode.

``README.md`` beside this file says what the fields of a recording mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

FOLDER = Path(__file__).parent
RECORDINGS = tuple(sorted(FOLDER.glob("refusals-*.jsonl")))
MODES = ("append", "update", "complete")

_EVENTS = {
    "id": "string",
    "user": "string",
    "amount": "double",
    "ts": "timestamp",
    "arr": "array<int>",
    "raw": "string",
}
_CLICKS = {"id": "string", "user": "string", "url": "string", "ts": "timestamp", "amount": "double"}
_TABLES = {
    "events": (_EVENTS, "10 minutes"),
    "clicks": (_CLICKS, "5 minutes"),
    "clicks2": (_CLICKS, "5 minutes"),
    "events_nw": (_EVENTS, None),
    "clicks_nw": (_CLICKS, None),
}
_RELATION = re.compile(r"(?<![\w.])(events_nw|events|clicks_nw|clicks2|clicks|dim)(?![\w.(])")
_BAD_ROW = "cannot be cast to"


@dataclass(frozen=True, slots=True)
class Run:
    """One query in one mode, and what Spark did with it.

    ``dedup`` are the keys of the model's ``dedup``, ``sink`` the format that it writes.
    ``refused`` is at any of its moments: ``spark.sql()``, ``start()``, or the first batch.
    ``by_data`` says that the batch failed on a value of the test's rows, not on the query.
    """

    id: str
    sql: str
    mode: str
    verdict: str
    spark_version: str
    dedup: tuple[str, ...] = ()
    sink: str = "noop"

    @property
    def refused(self) -> bool:
        """Whether the query did not run to its end."""
        return not self.verdict.startswith("OK")

    @property
    def by_data(self) -> bool:
        """Whether a value in a row stopped a query that Spark had accepted."""
        return self.verdict.startswith("RUN") and _BAD_ROW in self.verdict

    @property
    def model(self) -> str:
        """The name of the model that stands for this run."""
        return re.sub(r"\W", "_", f"{self.id}__{self.mode}")


def runs(recording: Path) -> Iterator[Run]:
    """Yield the runs of a file of this shape; its name ends in Spark's version."""
    version = recording.stem.rpartition("-")[2]
    for line in recording.read_text().splitlines():
        record = json.loads(line)
        for mode in MODES:
            verdict = record.get("analysis")
            verdict = record[mode] if verdict is None else f"ANALYSIS {verdict}"
            yield Run(record["id"], record["sql"], mode, verdict, version)


def project_texts(queries: Iterable[Run]) -> dict[str, str]:
    """Return the files of a project in which each run is a model."""
    texts = {
        "streamsql.toml": 'name = "oracle"\nprofile = "oracle"\n',
        "models/sources.yml": _sources(),
        "seeds/dim.csv": "k,name,vf\nu1,Ann,1.5\nu2,Bob,2.5\n",
    }
    for run in queries:
        texts[f"models/{run.model}.sql"] = model_text(run.sql, run.mode, run.dedup, run.sink)
    return texts


def profile(spark_version: str) -> str:
    """Return a profile for this version of Spark."""
    return (
        "oracle:\n  target: dev\n  outputs:\n    dev:\n"
        f'      spark: {{master: "local[1]", version: {spark_version}}}\n'
        "      checkpoints: target/checkpoints\n"
        "      connections: {kafka: {type: kafka, embedded: true}}\n"
    )


def model_text(sql: str, mode: str, dedup: Sequence[str] = (), sink: str = "noop") -> str:
    """Return a recorded query as a user would write it in a model."""
    written = "connector='console'" if sink == "noop" else f"format='{sink}'"
    config = f"materialized='sink', {written}, output_mode='{mode}'"
    if sink not in ("noop", "console"):
        config += ", location='out'"
    if dedup:
        config += f", dedup={{'keys': {list(dedup)}}}"
    return f"{{{{ config({config}) }}}}\n\n{_RELATION.sub(_reference, sql)}\n"


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    return "{{ ref('dim') }}" if name == "dim" else f"{{{{ source('shop', '{name}') }}}}"


def _sources() -> str:
    lines = ["sources:", "  - name: shop", "    connection: kafka", "    tables:"]
    for name, (columns, delay) in _TABLES.items():
        lines += [f"      - name: {name}", f"        topic: {name}", "        format: json"]
        if delay:
            lines.append(f"        watermark: {{column: ts, delay: {delay}}}")
        lines.append("        columns:")
        lines += [f'          - {{name: {c}, data_type: "{t}"}}' for c, t in columns.items()]
    return "\n".join(lines) + "\n"


def errors_by_model(queries: Iterable[Run], spark_version: str) -> dict[str | None, list[str]]:
    """Compile a project of these runs; return its errors by model."""
    files = ProjectFiles(project_texts(queries), ("profiles.yml", profile(spark_version)))
    found: dict[str | None, list[str]] = {}
    for finding in (f for f in compile_project(files).findings if f.is_error):
        found.setdefault(finding.model, []).append(f"{finding.rule}: {finding.message}")
    return found
