"""The projects that lint is measured on: sound for streamsql, the same models for the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import generated
from streamsql.pipeline import compile_project
from streamsql.project import read_files

MODELS = 60


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ours")
    generated.write(folder, MODELS)
    return folder


def names(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "models").rglob("*.sql")}


def test_it_compiles(ours: Path) -> None:
    compilation = compile_project(read_files(ours, env={}), installed_spark="4.1.1")
    assert compilation.errors == ()
    assert compilation.plan is not None
    kinds = [r.config.materialized for r in compilation.rendered]
    assert (len(kinds), kinds.count("topic")) == (MODELS, MODELS * 3 // 10)


def test_models_are_as_long_and_read_as_much_as_is_said(ours: Path) -> None:
    for path in (ours / "models").rglob("*.sql"):
        text = path.read_text()
        assert 15 <= len(text.splitlines()) <= 45, path
        if "/staging/" not in path.as_posix():
            assert text.count("ref(") == 2, path


def test_the_others_get_the_same_models(ours: Path, tmp_path: Path) -> None:
    dbt, sqlmesh = tmp_path / "dbt", tmp_path / "sqlmesh"
    generated.write_for_dbt(dbt, MODELS)
    generated.write_for_sqlmesh(sqlmesh, MODELS)
    assert names(dbt) == names(ours)
    assert names(sqlmesh) == names(ours) | {"rates"}
    for path in (sqlmesh / "models").rglob("*.sql"):
        text = path.read_text()
        assert text.startswith("MODEL (name g.")
        assert "{" not in text
