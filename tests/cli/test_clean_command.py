from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from streamsql.dev.folder_lock import try_lock

Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def with_state(root: Path) -> Path:
    target = root / "target"
    for path in (
        "checkpoints/shop/revenue/1/offsets/0",
        "warehouse/shop/revenue/part-0.parquet",
        "broker/broker.lock",
        "broker/records/0.log",
        "logs/spark.log",
        "run_results.json",
        "mine.txt",
    ):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return target


def test_artefacts_go_and_state_stays(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    target = with_state(root)
    invoke("compile", "--project-dir", root)
    result = invoke("clean", "--project-dir", root)
    assert result.exit_code == 0, result.output
    left = {p.name for p in target.iterdir()}
    assert left == {"checkpoints", "warehouse", "broker", "mine.txt"}
    assert "nothing to remove" in invoke("clean", "--project-dir", root).stderr


def test_all_takes_checkpoints_tables_and_broker_together(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    target = with_state(root)
    (target / "warehouse/not_ours").mkdir()
    (target / "checkpoints/other_project/q/1").mkdir(parents=True)
    refused = invoke("clean", "--all", "--project-dir", root)
    assert refused.exit_code == 1  # nobody answered the question
    assert (target / "broker/records/0.log").exists()
    result = invoke("clean", "--all", "--yes", "--project-dir", root)
    assert result.exit_code == 0, result.output
    left = {str(p.relative_to(target)) for p in target.rglob("*") if not p.is_dir()}
    assert left == {"mine.txt"}
    assert (target / "warehouse/not_ours").is_dir()
    assert (target / "checkpoints/other_project").is_dir()
    assert not (target / "broker").exists()


def test_checkpoint_in_use_is_refused(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    target = with_state(root)
    with (target / "checkpoints/shop/revenue/lock").open("w+") as lock:
        json.dump({"pid": 4711}, lock)
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = invoke("clean", "--all", "--yes", "--project-dir", root)
    assert result.exit_code == 1
    assert "the checkpoint of 'revenue' is in use by process 4711" in result.stderr
    assert (target / "broker/records/0.log").exists()


@pytest.mark.parametrize(
    ("file", "server"),
    [
        ("broker/broker.lock", "the embedded broker"),
        ("registry/registry.lock", "the embedded schema registry"),
    ],
)
def test_running_server_is_refused(shop: Shop, invoke: Invoke, file: str, server: str) -> None:
    root = shop()
    target = with_state(root)
    lock = try_lock(target / file, server)
    assert lock is not None
    try:
        result = invoke("clean", "--all", "--yes", "--project-dir", root)
    finally:
        os.close(lock)
    assert result.exit_code == 1
    assert server in result.stderr
    assert (target / "checkpoints/shop/revenue").exists()


def test_checkpoints_elsewhere_are_left_with_everything_else(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    target = with_state(root)
    result = invoke("clean", "--all", "--yes", "-t", "prod", "--project-dir", root)
    assert result.exit_code == 2
    assert "'s3a://bucket/checkpoints' is not on this machine" in result.stderr
    assert (target / "run_results.json").exists()
