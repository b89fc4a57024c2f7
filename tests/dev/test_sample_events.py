"""Events for a project on one machine: made up, or from the project's own generator."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streamsql.dev.events import Event, event_generator, made_up
from streamsql.dev.loop import Watch
from streamsql.errors import UsageError
from streamsql.plan.nodes import Plan
from streamsql.project import load_project
from streamsql.project.nodes import Project, ProjectFiles

START = datetime(2026, 3, 1, tzinfo=UTC)
SOURCES = """\
sources:
  - name: iot
    connection: kafka
    tables:
      - name: readings
        topic: iot.readings
        format: json
        watermark: {column: taken_at, delay: 1 minute}
        columns:
          - {name: device_id, data_type: bigint, data_tests: [not_null]}
          - {name: taken_at, data_type: timestamp, data_tests: [not_null]}
          - {name: celsius, data_type: 'decimal(5,2)'}
          - {name: tags, data_type: 'map<string,int>'}
          - {name: place, data_type: 'struct<room:string,floors:array<int>>'}
      - {name: alarms, topic: iot.alarms, format: json, columns: [{name: id, data_type: string}]}
"""
PROFILES = (
    "iot: {outputs: {dev: {connections: {kafka: {type: kafka, embedded: true}}}}, target: dev}"
)


def project() -> Project:
    texts = {"streamsql.toml": 'name = "iot"', "models/sources.yml": SOURCES}
    loaded = load_project(ProjectFiles(texts, ("profiles.yml", PROFILES)))
    assert not loaded.findings
    return loaded


def some(count: int, seed: int = 1) -> list[Event]:
    return list(itertools.islice(made_up(project().sources, seed, START, rate=20.0), count))


def test_made_up_records_fit_the_declared_columns() -> None:
    events = some(400)
    assert {e.source for e in events} == {"iot.readings", "iot.alarms"}
    readings = [json.loads(e.value or b"") for e in events if e.source == "iot.readings"]
    for reading in readings:
        assert isinstance(reading["device_id"], int)
        assert datetime.fromisoformat(reading["taken_at"]) <= START + timedelta(hours=1)
        assert reading["celsius"] is None or 0 < reading["celsius"] <= 999.99
    assert any(isinstance(r["place"], dict) and r["place"]["floors"] for r in readings)


def test_made_up_records_come_at_their_rate_and_repeat() -> None:
    events = some(2000)
    seconds = (events[-1].time - START).total_seconds()
    assert 2000 / seconds == pytest.approx(20.0, rel=0.15)
    assert some(200) == some(200)
    assert some(200) != some(200, seed=2)
    times = [e.time for e in events]
    assert times == sorted(times)


GENERATOR = """\
from datetime import timedelta
def events(seed, start):
    n = 0
    while True:
        yield "iot.alarms", None, b"{}", start + timedelta(seconds=n), [("n", str(n).encode())]
        n += 1
"""


def test_a_project_brings_its_own_events(tmp_path: Path) -> None:
    (tmp_path / "events.py").write_text(GENERATOR)
    generate = event_generator(project(), tmp_path, "events.py")
    first, second = itertools.islice(generate(1, START, 5.0), 2)
    assert first == Event("iot.alarms", None, b"{}", START, [("n", b"0")])
    assert second.time == START + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "which is not a file"),
        ("x = 1", "has no function events"),
        ("import nothing_like_this", "cannot be run: ModuleNotFoundError"),
        (GENERATOR.replace("iot.alarms", "iot.horns"), "'iot.horns', which is no source"),
        (GENERATOR.replace("while True", "while 1 / n"), "failed: ZeroDivisionError"),
        (GENERATOR.replace(", None, b", ", b"), "failed: TypeError: Expected 5 arguments"),
    ],
)
def test_a_bad_generator_is_a_clear_error(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "events.py").write_text(text)
    with pytest.raises(UsageError, match=message):
        next(event_generator(project(), tmp_path, "events.py")(1, START, 1.0))


def test_watch_compiles_once_for_each_change() -> None:
    files = [ProjectFiles({"a.sql": "1"}, None)]
    plans: list[ProjectFiles] = []
    plan = Plan("iot", "dev", "4.1.1", "checkpoints", ())

    def compile_plan(changed: ProjectFiles) -> Plan | None:
        plans.append(changed)
        return plan if changed.texts["a.sql"] != "broken" else None

    watch = Watch(files[0], lambda: files[0], compile_plan, every=0.0)
    assert watch() is None
    assert not plans
    files[0] = ProjectFiles({"a.sql": "broken"}, None)
    assert watch() is None
    assert len(plans) == 1
    files[0] = ProjectFiles({"a.sql": "2"}, None)
    assert watch() is plan
    assert watch() is None
    assert len(plans) == 2
