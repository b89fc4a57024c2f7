"""What this machine lacks: each said in two lines, before anything heavy is started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from error_project import PROFILES, SETTINGS, assert_said, profiles, streamsql, write_project

pytestmark = pytest.mark.spark  # what it starts is Java, or would be
STARTERS = (("run",), ("show", "-s", "stg_orders"), ("dev",))
INSTALL_JAVA = "openjdk-17-jre-headless"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def java_answering(folder: Path, version: str) -> dict[str, str | None]:
    """A PATH with a ``java`` first that reports this version."""
    launcher = folder / "jdk" / "bin" / "java"
    launcher.parent.mkdir(parents=True)
    told = f"    java.home = {folder}/jdk\\n    java.version = {version}\\n"
    launcher.write_text(f"#!/bin/sh\nprintf '{told}' >&2\n", encoding="utf-8")
    launcher.chmod(0o755)
    return {"JAVA_HOME": None, "PATH": f"{launcher.parent}:/usr/bin:/bin"}


@pytest.mark.parametrize("command", STARTERS, ids=lambda c: c[0])
def test_no_java(command: tuple[str, ...], shop: Path) -> None:
    done = streamsql(*command, cwd=shop, env={"PATH": "/nowhere", "JAVA_HOME": None})
    assert_said(done, 1, "no Java was found", INSTALL_JAVA)


def test_java_home_without_java(shop: Path) -> None:
    done = streamsql("run", cwd=shop, env={"JAVA_HOME": str(shop)})
    assert_said(done, 1, f"JAVA_HOME is {shop}, but no Java is there", INSTALL_JAVA)


@pytest.mark.parametrize("version", ["11.0.2", "24.0.1"])
def test_wrong_java(version: str, shop: Path) -> None:
    done = streamsql("run", cwd=shop, env=java_answering(shop, version))
    assert_said(done, 1, f"Java {version}", INSTALL_JAVA)
    assert "Spark 4.1 runs on Java 17 and 21" in done.stderr


@pytest.mark.parametrize("command", STARTERS, ids=lambda c: c[0])
def test_no_pyspark(command: tuple[str, ...], shop: Path) -> None:
    done = streamsql(*command, cwd=shop, env=without_pyspark(shop))
    assert_said(done, 1, "pyspark is not installed", "pip install 'streamsql[spark]'")


def test_what_needs_no_pyspark_works_without_it(shop: Path) -> None:
    for command in ("compile", "lint", "ls"):
        done = streamsql(command, cwd=shop, env=without_pyspark(shop))
        assert (done.returncode, command) == (0, command), done.stderr


def test_pyspark_of_another_version(shop: Path) -> None:
    about = shop / "shim" / "pyspark-4.2.0.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text("Metadata-Version: 2.1\nName: pyspark\nVersion: 4.2.0\n", encoding="utf-8")
    done = streamsql("run", cwd=shop, env={"PYTHONPATH": str(about.parents[1])})
    assert_said(done, 1, "pyspark 4.2.0 is not supported", "pip install 'pyspark==4.1.1'")


def without_pyspark(folder: Path) -> Mapping[str, str | None]:
    """An interpreter that finds every installed package but pyspark."""
    shim = folder / "shim"
    shim.mkdir(exist_ok=True)
    (shim / "sitecustomize.py").write_text(
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class WithoutSpark(PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, path=None, target=None):\n"
        "        hidden = name.partition('.')[0] in ('pyspark', 'py4j')\n"
        "        return None if hidden else super().find_spec(name, path, target)\n"
        "sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutSpark\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(shim)}


@pytest.mark.slow
def test_no_network_at_the_first_start(shop: Path) -> None:
    settings = shop / "ivysettings.xml"
    settings.write_text(
        '<ivysettings><settings defaultResolver="mirror"/><resolvers>'
        '<ibiblio name="mirror" m2compatible="true" root="http://127.0.0.1:1/"/>'
        "</resolvers></ivysettings>",
        encoding="utf-8",
    )
    env = {"STREAMSQL_CACHE": str(shop / "cache"), "STREAMSQL_IVY_SETTINGS": str(settings)}
    done = streamsql("run", cwd=shop, env=env)
    assert_said(done, 1, "the package repository cannot be reached", "check the network")
    assert "a download for the first run only" in done.stdout


def test_downloads_forbidden_at_the_first_start(shop: Path) -> None:
    env = {"STREAMSQL_CACHE": str(shop / "cache"), "STREAMSQL_OFFLINE": "1"}
    done = streamsql("run", cwd=shop, env=env)
    assert_said(done, 1, "not in the cache", "without STREAMSQL_OFFLINE")


def test_a_cache_that_cannot_be_written(shop: Path) -> None:
    (shop / "cache").write_text("a file in the way", encoding="utf-8")
    done = streamsql("run", cwd=shop, env={"STREAMSQL_CACHE": str(shop / "cache")})
    assert_said(done, 1, "cannot be written", "set STREAMSQL_CACHE")


def test_checkpoints_that_cannot_be_written(shop: Path) -> None:
    write_project(shop, {"profiles.yml": profiles(kafka="{type: kafka, bootstrap_servers: a:1}")})
    (shop / "target").mkdir()
    (shop / "target" / "checkpoints").write_text("a file in the way", encoding="utf-8")
    done = streamsql("run", cwd=shop)
    assert_said(done, 1, "checkpoints cannot be written at", "profiles.yml")


def test_no_broker_where_the_profile_says(shop: Path) -> None:
    write_project(
        shop, {"profiles.yml": profiles(kafka="{type: kafka, bootstrap_servers: 127.0.0.1:1}")}
    )
    done = streamsql("run", cwd=shop)
    assert_said(done, 1, "connection 'kafka' (127.0.0.1:1): no broker answers", "start the broker")


def test_no_spark_master_where_the_profile_says(shop: Path) -> None:
    write_project(shop, {"profiles.yml": profiles(master="spark://127.0.0.1:1")})
    done = streamsql("run", cwd=shop)
    assert_said(
        done, 1, "the Spark master spark://127.0.0.1:1 does not answer", "correct spark.master"
    )


@pytest.mark.parametrize(
    ("changes", "arguments", "code", "message", "hint"),
    [
        ({"profiles.yml": None}, (), 2, "there is no profiles.yml", "--profiles-dir"),
        (
            {"streamsql.toml": SETTINGS + 'profile = "shp"\n'},
            (),
            2,
            "profiles.yml has no profile 'shp'",
            "did you mean 'shop'?",
        ),
        ({}, ("--target", "prodd"), 2, "has no target 'prodd'", "targets there: dev"),
        (
            {"profiles.yml": PROFILES.replace("target: dev", "target: devv", 1)},
            (),
            2,
            "has no target 'devv'",
            "did you mean 'dev'?",
        ),
    ],
    ids=["no profiles", "no such profile", "no such target", "no such default target"],
)
@pytest.mark.parametrize("command", ["run", "lint", "compile"])
def test_profiles_and_targets(
    changes: Mapping[str, str | None],
    arguments: tuple[str, ...],
    code: int,
    message: str,
    hint: str,
    command: str,
    tmp_path: Path,
) -> None:
    done = streamsql(command, *arguments, cwd=write_project(tmp_path, changes))
    assert_said(done, code, message, hint)


@pytest.mark.parametrize("command", ["run", "compile", "ls"])
def test_an_unset_environment_variable(command: str, tmp_path: Path) -> None:
    text = profiles(kafka="{type: kafka, bootstrap_servers: \"{{ env_var('KAFKA_HOST') }}\"}")
    done = streamsql(command, cwd=write_project(tmp_path, {"profiles.yml": text}))
    message = "profiles.yml:10:49: the environment variable 'KAFKA_HOST' is not set"
    assert_said(done, 1, message, "set it, or give a default: env_var('KAFKA_HOST', '…')")


def test_a_target_folder_that_cannot_be_written(shop: Path) -> None:
    (shop / "target").mkdir()
    (shop / "target" / "compiled").write_text("a file in the way", encoding="utf-8")
    done = streamsql("compile", cwd=shop)
    assert_said(done, 1, f"{shop}/target/compiled", "the rights on it")
