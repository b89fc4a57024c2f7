"""The books beside checkpoints, on this machine's filesystem and through Hadoop's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamsql.spark.storage import HadoopStorage, LocalStorage, Storage, absolute, is_local

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def keeps_books(storage: Storage, root: str) -> None:
    """What checkpoints ask of a storage, in the order of a query's life."""
    assert storage.read(f"{root}/q/1.json") is None
    assert storage.folders(root) == ()
    storage.write(f"{root}/q/1.json", "ein Wörtchen")
    storage.write(f"{root}/q/1.json", "ein anderes")
    assert storage.read(f"{root}/q/1.json") == "ein anderes"
    storage.write(f"{root}/q/1/offsets/0", "v1")
    assert storage.folders(f"{root}/q") == ("1",)
    assert storage.exists(f"{root}/q/1/offsets/0")
    storage.rename(f"{root}/q", f"{root}/p/q")
    assert storage.read(f"{root}/p/q/1/offsets/0") == "v1"
    assert not storage.exists(f"{root}/q")
    storage.remove(f"{root}/p/q/1.json")
    storage.remove(f"{root}/p")
    assert not storage.exists(f"{root}/p")


def test_local(tmp_path: Path) -> None:
    keeps_books(LocalStorage(), str(tmp_path / "books"))


@pytest.mark.spark
def test_hadoop(tmp_path: Path, spark: SparkSession) -> None:
    root = (tmp_path / "books").as_uri()
    keeps_books(HadoopStorage(spark, root), root)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("target/checkpoints", "/project/target/checkpoints"),
        ("/data/checkpoints", "/data/checkpoints"),
        ("file:///data/checkpoints", "/data/checkpoints"),
        ("s3a://bucket/checkpoints/", "s3a://bucket/checkpoints"),
    ],
)
def test_where_a_location_is(location: str, path: str) -> None:
    assert absolute(location, Path("/project")) == path
    assert is_local(location) == (not location.startswith("s3a"))
